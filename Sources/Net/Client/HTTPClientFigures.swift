import Loop

/// What a client does and has done, or several clients together.
package struct HTTPClientFigures: Sendable, Equatable {
  /// Of one engine.
  package struct Connections: Sendable, Equatable {
    /// Open now, idle ones included.
    package var open = 0
    /// Ever opened.
    package var opened = 0
  }

  /// Requests that have their place among the connections, and those that wait for one or for an address.
  package var running = 0
  package var waiting = 0
  /// Requests ever begun.
  package var begun = 0
  /// The loop's own engine's.
  package var own = Connections()
  package var libcurl = Connections()
  /// How many requests came to nothing, by why.
  package var errors: [HTTPClientError.Code: Int] = [:]

  package init() {}

  package var openConnections: Int { own.open + libcurl.open }

  package static func += (sum: inout HTTPClientFigures, part: HTTPClientFigures) {
    sum.running += part.running
    sum.waiting += part.waiting
    sum.begun += part.begun
    sum.own.open += part.own.open
    sum.own.opened += part.own.opened
    sum.libcurl.open += part.libcurl.open
    sum.libcurl.opened += part.libcurl.opened
    sum.errors.merge(part.errors, uniquingKeysWith: +)
  }
}

extension HTTPClient {
  package var figures: HTTPClientFigures {
    loop.assertCurrent()
    var figures = HTTPClientFigures()
    (figures.running, figures.waiting) = (running, transferCount - running)
    (figures.begun, figures.errors) = (begun, errors)
    (figures.own.open, figures.own.opened) = (own.open, own.opened)
    if let libcurl = startedMulti?.sockets {
      (figures.libcurl.open, figures.libcurl.opened) = (libcurl.connections, libcurl.opened)
    }
    return figures
  }
}
