import Clockwork
import Swim

/// What strangers send, decoded as the shell decodes it, meets a running machine: whatever comes in whatever order, it
/// goes on, its packets fit, its own incarnation never falls, and what it holds is bounded by what came.
///
/// The input is steps: a kind, a length in two bytes, and so many bytes.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var bench = Bench()
  var rest = input(start, count)[...]
  while rest.count >= 3 {
    let kind = rest.first! & 7
    let length = Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
    let bytes = Array(rest.dropFirst(3).prefix(length))
    rest = rest.dropFirst(3 + length)
    bench.step(kind, bytes)
  }
  bench.pass(.seconds(3))
  return 0
}

private struct Bench {
  private var swim = Swim(name: "me", address: address(0), configuration: .local, seed: 5)
  private var now = Instant.zero
  private var wakeAt: Instant?
  private var open: [Swim.OutgoingExchange] = []
  private var incoming: UInt64 = 0
  private var heard = 0
  private var incarnation: UInt32 = 0

  private static func address(_ number: UInt32) -> Swim.Address {
    Swim.Address(version4: 0x7f00_0001 + number, port: 7946)
  }

  init() {
    feed(.start)
    feed(.join([Self.address(1), Self.address(2)]))
  }

  mutating func step(_ kind: UInt8, _ bytes: [UInt8]) {
    switch kind {
    case 0:
      let messages = Packet.decode(bytes).messages
      heard += messages.count
      if !messages.isEmpty { feed(.datagram(messages, from: Self.address(UInt32(messages.count & 3)))) }
    case 1: pass(.milliseconds(min(5000, 100 * bytes.reduce(0) { $0 + Int($1) })))
    case 2:
      incoming += 1
      switch stream(bytes) {
      case .pushPull(let state):
        heard += state.states.count
        feed(.pushPullReceived(state, exchange: Swim.IncomingExchange(number: incoming)))
      case .ping(let ping): feed(.streamPingReceived(ping, exchange: Swim.IncomingExchange(number: incoming)))
      default: break
      }
    case 3:
      guard let exchange = open.popLast() else { return }
      switch stream(bytes) {
      case .pushPull(let state):
        heard += state.states.count
        feed(.pushPullAnswered(exchange, state))
      case .ack(let ack): feed(.streamPingAnswered(exchange, ack))
      default: feed(.exchangeFailed(exchange, reason: "fuzz"))
      }
    case 4: feed(.setMeta(Array(bytes.prefix(600))))
    case 5: feed(.lagged(.milliseconds(bytes.reduce(0) { $0 + Int($1) })))
    case 6: feed(.leave)
    default:
      // A process that stands still.
      now += .milliseconds(100 * bytes.count)
      feed(.wake)
    }
  }

  mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let time = wakeAt, time <= end {
      now = max(now, time)
      wakeAt = nil
      feed(.wake)
    }
    now = end
  }

  private func stream(_ bytes: [UInt8]) -> StreamMessage? {
    var decoder = StreamDecoder(readsLabel: false)
    decoder.append(bytes)
    guard case .message(let message)? = try? decoder.next() else { return nil }
    return message
  }

  private mutating func feed(_ input: Swim.Input) {
    var effects: [Swim.Effect] = []
    swim.handle(input, at: now, into: &effects)
    for effect in effects {
      switch effect {
      case .send(let messages, _):
        let size = Packet.encode(messages).count
        require(size <= 1400, "a packet of \(size) bytes")
      case .openPushPull(let exchange, _, _), .openStreamPing(let exchange, _, _):
        open.append(exchange)
        if open.count > 64 { open.removeFirst() }
      case .wake(let time): wakeAt = time
      default: break
      }
    }
    require(swim.me.incarnation >= incarnation, "our own incarnation fell to \(swim.me.incarnation)")
    incarnation = swim.me.incarnation
    require(swim.members(at: now).count <= heard + 1, "more members than anybody spoke of")
    require((0...7).contains(swim.awareness), "an awareness of \(swim.awareness)")
  }
}
