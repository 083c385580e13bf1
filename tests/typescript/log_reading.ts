// What a page does to read a whole log, for the benchmark: nothing of the portal's pages around it.
import { Api } from "../../trading/web/assets/src/api";
import { LogFollower } from "../../trading/web/assets/src/pages/log-follower";
import { NoteVerifier } from "../../trading/web/assets/src/signing/notes";

Object.assign(globalThis, {
  async readLog(vkey: string, tender: string): Promise<{ seconds: number; stall: number; found: number }> {
    const memory = new Map<string, unknown>();
    const store = { read: async (name: string) => memory.get(name), write: async (name: string, value: unknown) => void memory.set(name, value) };
    let [last, stall] = [performance.now(), 0];
    const ticking = setInterval(() => {
      stall = Math.max(stall, performance.now() - last);
      last = performance.now();
    }, 4);
    const began = performance.now();
    const follower = new LogFollower(new Api("", "en"), await NoteVerifier.fromVkey(vkey), store);
    const found = (await follower.entries(tender)).length;
    clearInterval(ticking);
    return { seconds: (performance.now() - began) / 1000, stall, found };
  },
});
