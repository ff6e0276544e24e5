import COpenSSL
import Swim

/// AES in Galois/Counter Mode (NIST SP 800-38D) over OpenSSL, with `EncryptionFrame`'s sizes of nonce and tag.
enum AESGCM {
  private static let tagBytes = EncryptionFrame.tagBytes

  /// The ciphertext with its tag behind it.
  static func seal(_ plain: [UInt8], key: [UInt8], nonce: ArraySlice<UInt8>, associated: [UInt8]) -> [UInt8] {
    precondition(nonce.count == EncryptionFrame.nonceBytes)
    return withContext { context in
      var sealed = [UInt8](repeating: 0, count: plain.count + tagBytes)
      var count: Int32 = 0
      require(EVP_EncryptInit_ex(context, cipher(for: key), nil, key, Array(nonce)))
      if !associated.isEmpty {
        require(EVP_EncryptUpdate(context, nil, &count, associated, Int32(associated.count)))
      }
      require(EVP_EncryptUpdate(context, &sealed, &count, plain, Int32(plain.count)))
      sealed.withUnsafeMutableBytes { bytes in
        let tag = bytes.baseAddress! + plain.count
        require(EVP_EncryptFinal_ex(context, tag.assumingMemoryBound(to: UInt8.self), &count))
        require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagBytes), tag))
      }
      return sealed
    }
  }

  /// nil when key, nonce, associated data, ciphertext and tag do not belong together.
  static func open(
    _ sealed: ArraySlice<UInt8>, key: [UInt8], nonce: ArraySlice<UInt8>, associated: [UInt8]
  ) -> [UInt8]? {
    precondition(nonce.count == EncryptionFrame.nonceBytes)
    guard sealed.count >= tagBytes else { return nil }
    var tag = Array(sealed.suffix(tagBytes))
    let ciphertext = Array(sealed.dropLast(tagBytes))
    return withContext { context in
      // One byte at least, so that an empty message has an address too.
      var plain = [UInt8](repeating: 0, count: max(1, ciphertext.count))
      var (count, rest): (Int32, Int32) = (0, 0)
      require(EVP_DecryptInit_ex(context, cipher(for: key), nil, key, Array(nonce)))
      if !associated.isEmpty {
        require(EVP_DecryptUpdate(context, nil, &count, associated, Int32(associated.count)))
      }
      require(EVP_DecryptUpdate(context, &plain, &count, ciphertext, Int32(ciphertext.count)))
      require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagBytes), &tag))
      guard EVP_DecryptFinal_ex(context, nil, &rest) == 1 else {
        ERR_clear_error()
        return nil
      }
      plain.removeLast(plain.count - ciphertext.count)
      return plain
    }
  }

  private static func cipher(for key: [UInt8]) -> OpaquePointer {
    switch key.count {
    case 16: EVP_aes_128_gcm()
    case 24: EVP_aes_192_gcm()
    case 32: EVP_aes_256_gcm()
    default: preconditionFailure("an AES key of \(key.count) bytes")
    }
  }

  private static func withContext<Result>(_ body: (OpaquePointer) -> Result) -> Result {
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL has no memory for a cipher") }
    defer { EVP_CIPHER_CTX_free(context) }
    return body(context)
  }

  /// These calls fail only for want of memory or a broken library: nothing that a caller could mend.
  private static func require(_ result: Int32) { precondition(result == 1, "OpenSSL refused AES-GCM") }
}
