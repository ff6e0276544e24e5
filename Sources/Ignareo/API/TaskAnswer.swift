internal import HTTP
internal import JSON
internal import Net

/// An object with a list of tasks, `{…,"tasks":[…]}`, sent no faster than its reader takes it.
///
/// Guarded by: the pool's loop.
final class TaskAnswer: @unchecked Sendable {
  /// Written in pieces of about so many bytes; what fits in one is sent with its length.
  private static let pieceBytes = 256 << 10

  private let exchange: HTTPExchange
  private let next: () -> [UInt8]?
  private var piece: [UInt8]
  private var isFirst = true
  private var isWhole = false

  /// - Parameters:
  ///   - members: writes what the object has besides.
  ///   - next: gives the list's next element, nil behind the last.
  init(_ exchange: HTTPExchange, _ members: (inout JSONWriter) -> Void, next: @escaping () -> [UInt8]?) {
    (self.exchange, self.next) = (exchange, next)
    var writer = JSONWriter()
    writer.object(members)
    piece = Array(writer.bytes.dropLast())
    if piece.count > 1 { piece.append(UInt8(ascii: ",")) }
    piece += #""tasks":["#.utf8
  }

  /// - Parameter sent: called once the last element is written. Not called when the reader goes away before.
  func send(_ status: Int, _ headers: HTTPHeaders, sent: @escaping () -> Void) {
    fill()
    if isWhole {
      exchange.respond(status: status, headers: headers, body: piece)
      return sent()
    }
    exchange.startStream(status: status, headers: headers)
    sendRest(sent)
  }

  private func sendRest(_ sent: @escaping () -> Void) {
    while exchange.isOpen {
      exchange.write(piece)
      piece = []
      if isWhole {
        exchange.finish()
        return sent()
      }
      if exchange.isCongested { return exchange.onDrain { [self] in fillAndSend(sent) } }
      fill()
    }
  }

  private func fillAndSend(_ sent: @escaping () -> Void) {
    guard exchange.isOpen else { return }
    fill()
    sendRest(sent)
  }

  private func fill() {
    while piece.count < Self.pieceBytes {
      guard let element = next() else {
        isWhole = true
        piece += "]}".utf8
        return
      }
      if !isFirst { piece.append(UInt8(ascii: ",")) }
      isFirst = false
      piece += element
    }
  }
}
