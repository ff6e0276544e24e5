internal import Clockwork
internal import HTTP
internal import JSON
internal import Net

/// `{"tasks":[…]}`, as references or with results, sent no faster than its reader takes it.
struct TaskAnswer {
  enum Detail { case references, results }

  /// Written in pieces of about so many bytes; what fits in one is sent with its length.
  private static let pieceBytes = 256 << 10

  private let records: [TaskRecord]
  private let detail: Detail

  init(_ records: [TaskRecord], _ detail: Detail) {
    self.records = records
    self.detail = detail
  }

  func send(_ status: Int, to exchange: HTTPExchange) {
    var place = 0
    let first = piece(from: &place)
    if place == records.count { return exchange.respond(status: status, json: first) }
    exchange.startStream(status: status, headers: ["Content-Type": "application/json"])
    exchange.write(first)
    sendRest(from: place, to: exchange)
  }

  private func sendRest(from start: Int, to exchange: HTTPExchange) {
    var place = start
    while place < records.count {
      guard exchange.isOpen else { return }
      if exchange.isCongested {
        let next = place
        return exchange.onDrain { sendRest(from: next, to: exchange) }
      }
      exchange.write(piece(from: &place))
    }
    exchange.finish()
  }

  private func piece(from place: inout Int) -> [UInt8] {
    var bytes: [UInt8] = []
    if place == 0 { bytes += Array(#"{"tasks":["#.utf8) }
    while place < records.count, bytes.count < Self.pieceBytes {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      var writer = JSONWriter()
      switch detail {
      case .references:
        writer.object {
          $0.member("id", records[place].id.text)
          $0.member("href", records[place].href)
        }
      case .results: records[place].write(into: &writer)
      }
      bytes += writer.bytes
      place += 1
    }
    if place == records.count { bytes += Array("]}".utf8) }
    return bytes
  }
}
