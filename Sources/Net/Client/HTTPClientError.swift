import Glibc
import Loop

/// How a request came to nothing: what kind of failure, at which host, and whether it can have had an effect.
package struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// The URL cannot be read, or is neither http nor https.
    case badURL = "bad_url"
    /// A method, header or body that HTTP cannot carry.
    case badRequest = "bad_request"
    /// The name has no address, or no name server answered in time.
    case dns
    /// Nobody answered at the address within the connect timeout, or this process has no descriptor left to dial with.
    case connect
    /// The peer speaks no TLS, or its certificate does not prove that it is the host.
    case tls
    /// The whole timeout or the idle timeout passed.
    case timeout
    /// The body is larger than the request allows.
    case tooLarge = "too_large"
    case tooManyRedirects = "too_many_redirects"
    /// The connection broke before the answer was complete.
    case closed
    /// What came is not HTTP, or not as HTTP says.
    case protocolError = "protocol_error"
    /// `cancel()`, the end of the task that awaited it, or the client's `close()`.
    case cancelled
  }

  package let code: Code
  /// `host:port` of the server (or of the proxy, where that is what failed); empty when the URL could not be read.
  package let host: String
  /// One line for people: the host and the cause.
  package let message: String
  /// Nothing of the request was sent, so that it can be made again whatever it does.
  package let surelyNoEffect: Bool

  package init(_ code: Code, host: String, _ message: String, surelyNoEffect: Bool) {
    (self.code, self.host, self.message, self.surelyNoEffect) = (code, host, message, surelyNoEffect)
  }

  package var description: String { message }

  /// The host itself said that nobody listens at the port.
  package var isRefused: Bool {
    code == .connect && message.hasSuffix(": \(LoopError.text(of: ECONNREFUSED))")
  }
}
