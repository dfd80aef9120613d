package com.example.meridian;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** What the master key is for. Each use has its own key, derived from it. */
final class Vault {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final byte[] sealingKey;
  private final SecretKeySpec encryptionKey;

  Vault(byte[] masterKey) {
    this.sealingKey = hmac(masterKey, "cursors".getBytes(StandardCharsets.UTF_8));
    this.encryptionKey =
        new SecretKeySpec(hmac(masterKey, "secrets".getBytes(StandardCharsets.UTF_8)), "AES");
  }

  /** A MAC that only this server can make. */
  byte[] mac(byte[] content) {
    return hmac(sealingKey, content);
  }

  /** Encrypts a secret for the database: a nonce, then AES-256-GCM. */
  byte[] encrypt(String secret) {
    byte[] nonce = new byte[NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    byte[] sealed = crypt(Cipher.ENCRYPT_MODE, nonce, secret.getBytes(StandardCharsets.UTF_8));
    byte[] result = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
    System.arraycopy(sealed, 0, result, NONCE_BYTES, sealed.length);
    return result;
  }

  String decrypt(byte[] stored) {
    byte[] nonce = Arrays.copyOf(stored, NONCE_BYTES);
    byte[] sealed = Arrays.copyOfRange(stored, NONCE_BYTES, stored.length);
    return new String(crypt(Cipher.DECRYPT_MODE, nonce, sealed), StandardCharsets.UTF_8);
  }

  private byte[] crypt(int mode, byte[] nonce, byte[] input) {
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, encryptionKey, new GCMParameterSpec(TAG_BITS, nonce));
      return cipher.doFinal(input);
    } catch (GeneralSecurityException wrongKey) {
      throw new IllegalStateException(
          "A secret in the database was encrypted with another VENDOR_MASTER_KEY.", wrongKey);
    }
  }

  private static byte[] hmac(byte[] key, byte[] content) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(content);
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
