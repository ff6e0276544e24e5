import Foundation
import Swim

// Decoded messages as the vectors' index writes them.

extension Message {
  var json: String {
    switch self {
    case .ping(let ping): JSON.text(["type": "ping", "fields": ping.fields])
    case .indirectPing(let request):
      JSON.text([
        "type": "indirect-ping",
        "fields": [
          "Nack": request.wantsNack, "Node": request.node, "Port": request.target.port, "SeqNo": request.sequence,
          "Target": shown(request.target.ipBytes),
        ].merging(request.source.fields) { $1 },
      ])
    case .ack(let ack): JSON.text(["type": "ack", "fields": ack.fields])
    case .nack(let nack): JSON.text(["type": "nack", "fields": ["SeqNo": nack.sequence]])
    case .suspect(let accusation): JSON.text(["type": "suspect", "fields": accusation.fields])
    case .dead(let accusation): JSON.text(["type": "dead", "fields": accusation.fields])
    case .alive(let alive):
      JSON.text([
        "type": "alive",
        "fields": [
          "Addr": shown(alive.address.ipBytes), "Incarnation": alive.incarnation, "Meta": orNull(alive.meta),
          "Node": alive.node, "Port": alive.address.port, "Vsn": orNull(alive.versions?.bytes ?? []),
        ],
      ])
    case .user(let payload): JSON.text(["type": "user", "payload": shown(payload)])
    }
  }
}

extension StreamMessage {
  var json: String {
    switch self {
    case .ping(let ping): JSON.text(["type": "ping", "fields": ping.fields])
    case .ack(let ack): JSON.text(["type": "ack", "fields": ack.fields])
    case .user(let payload):
      JSON.text(["type": "user", "header": ["UserMsgLen": payload.count], "payload": shown(payload)])
    case .error(let text): JSON.text(["type": "err", "fields": ["Error": text]])
    case .pushPull(let pushPull):
      JSON.text([
        "type": "push-pull",
        "header": [
          "Join": pushPull.isJoin, "Nodes": pushPull.states.count, "UserStateLen": pushPull.userState.count,
        ],
        "states": pushPull.states.map(\.fields),
        "user_state": shown(pushPull.userState),
      ])
    }
  }
}

private func shown(_ bytes: [UInt8]) -> String {
  bytes.count <= 1024 ? "hex:" + bytes.hex : "sha256:\(SHA256.digest(of: bytes).hex) len:\(bytes.count)"
}

private func orNull(_ bytes: [UInt8]) -> Any { bytes.isEmpty ? NSNull() : shown(bytes) }

extension Ping {
  fileprivate var fields: [String: Any] {
    ["Node": node, "SeqNo": sequence].merging(source.fields) { $1 }
  }
}

extension Optional where Wrapped == Source {
  fileprivate var fields: [String: Any] {
    guard let self else { return [:] }
    var fields: [String: Any] = ["SourceNode": self.name]
    if let address = self.address {
      fields["SourceAddr"] = shown(address.ipBytes)
      fields["SourcePort"] = address.port
    }
    return fields
  }
}

extension Ack {
  fileprivate var fields: [String: Any] { ["Payload": payload.map(shown) ?? NSNull(), "SeqNo": sequence] }
}

extension Accusation {
  fileprivate var fields: [String: Any] { ["From": from, "Incarnation": incarnation, "Node": node] }
}

extension PushPull.State {
  fileprivate var fields: [String: Any] {
    [
      "Addr": orNull(address.ipBytes), "Incarnation": incarnation, "Meta": orNull(meta), "Name": name,
      "Port": address.port, "State": state.rawValue, "Vsn": orNull(versions?.bytes ?? []),
    ]
  }
}
