// The page /check: the page itself, and in a worker of its own the verifying of packages.
import { serve } from "./pages/verifying";

if (typeof document === "undefined") serve();
else void import("./pages/check").then(({ start }) => start(import.meta.url));
