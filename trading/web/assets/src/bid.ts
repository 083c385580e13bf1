// The sealing bundle: the supplier's page, and in workers of its own the measuring of files.
import { start } from "./pages/bid";
import { serve } from "./pages/measuring";

if (typeof document === "undefined") serve();
else start(import.meta.url);
