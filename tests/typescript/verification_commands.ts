// Commands about verifying.
import type { Commands } from "./commands";

export const commands: Commands = {};
