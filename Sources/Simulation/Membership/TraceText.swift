import Clockwork
import Swim

// How a trace tells of what members say and learn.

extension Trace {
  mutating func packet(_ time: Instant, _ from: Int, _ to: Int, _ bytes: [UInt8], _ messages: [Message]) {
    fold(UInt64(bitPattern: time.nanoseconds))
    fold(UInt64(from) << 32 | UInt64(truncatingIfNeeded: to))
    fold(bytes)
    guard recorded == .packets else { return }
    note(time, "m\(from) > m\(to): \(messages.map(\.summary).joined(separator: ", "))")
  }

  mutating func stream(_ time: Instant, _ from: Int, _ to: Int, _ message: StreamMessage) {
    guard recorded == .packets else { return }
    note(time, "m\(from) => m\(to): \(message.summary)")
  }
}

extension MemberEvent {
  var summary: String {
    switch self {
    case .joined(let member): "\(member.name) joined at \(member.incarnation)"
    case .updated(let member): "\(member.name) updated at \(member.incarnation)"
    case .suspected(let member):
      "\(member.name) suspected at \(member.incarnation) by \(member.suspectedBy.joined(separator: " "))"
    case .refuted(let member): "\(member.name) refuted at \(member.incarnation)"
    case .died(let member, _):
      "\(member.name) died at \(member.incarnation)"
        + (member.suspectedBy.isEmpty ? "" : ", accused by \(member.suspectedBy.joined(separator: " "))")
    case .left(let member): "\(member.name) left at \(member.incarnation)"
    case .forgotten(let member): "\(member.name) forgotten"
    case .nameConflict(let name, let held, let claimed): "\(name) is held by \(held) and claimed by \(claimed)"
    case .unreachableByDatagram(let member): "\(member.name) answers on streams only"
    case .versionsDisagree(let address, let reason): "versions disagree with \(address?.description ?? "it"): \(reason)"
    case .joinFailing(_, let reason, let seconds): "join has failed for \(seconds) s, \(reason)"
    case .joinSucceeded(let address): "joined through \(address)"
    }
  }
}

extension Message {
  var summary: String {
    switch self {
    case .ping(let ping): "ping \(ping.sequence) for \(ping.node)"
    case .indirectPing(let request): "indirect ping \(request.sequence) for \(request.node)"
    case .ack(let ack): "ack \(ack.sequence)"
    case .nack(let nack): "nack \(nack.sequence)"
    case .suspect(let claim): "suspect \(claim.node) \(claim.incarnation) from \(claim.from)"
    case .alive(let claim): "alive \(claim.node) \(claim.incarnation)"
    case .dead(let claim): "dead \(claim.node) \(claim.incarnation) from \(claim.from)"
    case .user(let bytes): "user message of \(bytes.count) bytes"
    }
  }
}

extension StreamMessage {
  var summary: String {
    switch self {
    case .ping(let ping): "ping \(ping.sequence) for \(ping.node)"
    case .ack(let ack): "ack \(ack.sequence)"
    case .pushPull(let exchange): "\(exchange.isJoin ? "join" : "push-pull") with \(exchange.states.count) states"
    case .user(let bytes): "user message of \(bytes.count) bytes"
    case .error(let text): "error \(text)"
    }
  }
}
