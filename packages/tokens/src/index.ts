export {
  type AssertionOptions,
  type AssertionSigner,
  createAssertionSigner,
  createTokenMinter,
  type SigningEffects,
  type TokenMinter,
  type TokenMinterOptions,
} from "./minter.ts";
export { type Claims, type Jwk, PrivateKey, type PrivateKeyOptions, readPrivateKey } from "./private-key.ts";
export {
  type ConsumerKey,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
  TokenError,
  type TokenErrorCode,
  type VerifiedToken,
  type VerifyOptions,
  verifyConsumerToken,
} from "./verify.ts";
