import Glibc
import Gossip

/// The KEY of `keys install|use|remove`: a fingerprint where that will do, a file, standard input, or the key itself.
enum KeyOperand {
  static func change(_ verb: String, _ operand: String) throws(UsageError) -> KeyChange {
    guard verb != "install" else { return .install(try key(operand)) }
    let fingerprint: KeyFingerprint
    if let given = KeyFingerprint(operand) { fingerprint = given } else { fingerprint = try key(operand).fingerprint }
    return verb == "use" ? .use(fingerprint) : .remove(fingerprint)
  }

  /// No message repeats the operand: it may be a key with a letter too many.
  private static func key(_ operand: String) throws(UsageError) -> GossipKey {
    if let key = GossipKey(base64: operand) {
      CommandLineWiper.wipe(operand)
      return key
    }
    let keyring = operand == "-" ? try standardInput() : try file(operand)
    guard keyring.keys.count == 1 else {
      throw UsageError(origin: "KEY", why: "\(keyring.keys.count) keys are there, and one is meant: give it alone")
    }
    return keyring.keys[0]
  }

  private static func standardInput() throws(UsageError) -> Keyring {
    guard let input = fdopen(dup(STDIN_FILENO), "r") else {
      throw UsageError(origin: "KEY", why: "standard input cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(input) }
    return try Keyring.reading(input, named: "standard input", origin: "KEY")
  }

  private static func file(_ path: String) throws(UsageError) -> Keyring {
    guard access(path, F_OK) == 0 else {
      CommandLineWiper.wipe(path)
      throw UsageError(
        origin: "KEY",
        why: "is no file, nor a key (16, 24 or 32 bytes in base64; `ignareo keygen` makes one), nor, to use or remove, "
          + "a fingerprint (16 hex digits; `ignareo keys list` shows them)")
    }
    return try Keyring.reading(file: path, origin: "KEY")
  }
}

/// Takes a word of this process's command line out of what process lists show.
enum CommandLineWiper {
  static func wipe(_ word: String) {
    for place in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[place], String(cString: argument) == word else { continue }
      memset(argument, Int32(UInt8(ascii: "x")), strlen(argument))
    }
  }
}
