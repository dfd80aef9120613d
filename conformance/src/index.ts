export { type Config, defineConfig } from "./config/vendor-settings.ts";
