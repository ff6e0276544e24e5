import Glibc
package import HTTP
package import Loop

/// Why a process cannot start: one line with the cause and the way out, and the status to exit with.
package struct StartError: Error, Equatable, CustomStringConvertible {
  package let text: String
  package let exitStatus: Int32

  package init(_ text: String, exitStatus: Int32 = 1) { (self.text, self.exitStatus) = (text, exitStatus) }

  package init(_ error: UsageError) { self.init(error.text, exitStatus: UsageError.exitStatus) }

  /// A socket that could not be bound.
  ///
  /// - Parameter flag: which flag gave the address: `--http`, `--gossip`.
  package init(flag: String, authority: Authority, because error: LoopError) {
    let cause = error.errno == 0 ? "\(error)" : LoopError.text(of: error.errno)
    let wayOut =
      switch error.code {
      case .addressInUse:
        "`ss -ltnp 'sport = :\(authority.port)'` shows who holds it; "
          + "\(flag) \(Authority(host: authority.host, port: 0)) takes a free port"
      case .badAddress where error.errno == EACCES:
        "ports below 1024 are for root; choose a higher one with \(flag)"
      case .badAddress, .unresolved:
        "\(flag) needs an address of this machine (`ip addr` lists them)"
      case .exhausted: "raise the limit of open files (`ulimit -n`)"
      default: "choose another address with \(flag)"
      }
    self.init("cannot listen on \(authority): \(cause); \(wayOut)")
  }

  package var description: String { text }
}
