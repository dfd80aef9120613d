/** The options of the mocks in the page. The test uses them to create the same mocks outside the page. */
export const BROWSER_MOCKS = {
  cloud: { seed: 3, devices: 30 },
  consumer: { secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] },
} as const;
