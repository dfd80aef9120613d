/** Ids that several examples share, so that all examples describe one campus. */
export const ORG_ID = "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01";
export const SITE_ID = "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10";
export const OTHER_SITE_ID = "9e2b7a40-5c3d-4e1f-8a6b-0d9c8b7a6f51";
export const CAMERA_ID = "c0a8f6d2-1b7e-4a55-8a52-3f0c3e9d4b77";
export const DOOR_ID = "e41c6a5b-90d7-4c2e-b0a8-2f7d5c3b1a90";
