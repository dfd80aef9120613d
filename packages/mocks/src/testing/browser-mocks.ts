/** What the mocks in the page are made with, for the test to make the same outside it. */
export const BROWSER_MOCKS = {
  cloud: { seed: 3, devices: 30 },
  consumer: { secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] },
} as const;
