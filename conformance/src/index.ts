export { type Config, defineConfig } from "./config/value-schemas.ts";
