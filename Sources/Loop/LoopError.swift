import Glibc

/// What went wrong between the loop and the kernel: which call, on what, and the kernel's own reason.
package struct LoopError: Error, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// A kernel object could not be made (descriptors or memory are used up).
    case exhausted
    /// The address is taken by another process.
    case addressInUse = "address_in_use"
    /// The address is not one of this machine, or its text is none.
    case badAddress = "bad_address"
    /// The name has no address, or no name server answered.
    case unresolved
    /// Nobody answers at the address, or the way there is cut.
    case unreachable
    /// The deadline passed first.
    case timeout
    /// The peer broke the connection off, or this side had closed it.
    case closed
    /// Anything else that the kernel said.
    case system
  }

  package let code: Code
  /// What was being done, and to what: `bind 127.0.0.1:80`.
  package let context: String
  /// The kernel's number, 0 where it had no part.
  package let errno: Int32

  package init(_ code: Code, _ context: String, errno: Int32 = 0) {
    (self.code, self.context, self.errno) = (code, context, errno)
  }

  /// Sorts the kernel's numbers into the few kinds that callers act on.
  package init(errno: Int32, _ context: String) {
    let code: Code =
      switch errno {
      case EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN: .exhausted
      case EADDRINUSE: .addressInUse
      case EADDRNOTAVAIL, EAFNOSUPPORT, EACCES: .badAddress
      case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENETDOWN: .unreachable
      case ETIMEDOUT: .timeout
      case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: .closed
      default: .system
      }
    self.init(code, context, errno: errno)
  }

  package var description: String {
    errno == 0 ? "\(context): \(code.rawValue)" : "\(context): \(Self.text(of: errno))"
  }

  /// The kernel's words for a number, to stand within a sentence: `connection refused`, but `RPC struct is bad`.
  /// glibc's `strerror` is safe on any thread since 2.32.
  package static func text(of errno: Int32) -> String {
    guard let words = strerror(errno) else { return "error \(errno)" }
    let text = String(cString: words)
    let isWord = text.dropFirst().first?.isLowercase == true
    return isWord ? text.prefix(1).lowercased() + text.dropFirst() : text
  }
}
