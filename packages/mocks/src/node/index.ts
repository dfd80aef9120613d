export {
  createPoster,
  type PostedDelivery,
  type Poster,
  type PosterOptions,
  type PostTarget,
} from "./poster.ts";
export { type Served, serveConsumer, serveVendorCloud } from "./serve-mock.ts";
