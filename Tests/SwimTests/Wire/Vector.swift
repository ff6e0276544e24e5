import Foundation
import Swim
import Testing

/// One message captured from real memberlist or serf nodes, and what an independent decoder made of it.
struct Vector: CustomTestStringConvertible {
  let file: String
  let isStream: Bool
  let isEncrypted: Bool
  let label: String
  let bytes: [UInt8]
  /// The innermost messages in order, each as JSON with sorted keys.
  let messages: [String]

  var testDescription: String { file }

  static let all: [Vector] = {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Vectors")
    let index = try! JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent("index.json")))
    return ((index as! [String: Any])["vectors"] as! [[String: Any]]).map { Vector($0, in: folder) }
  }()

  static let readable = all.filter { !$0.isEncrypted }

  /// What the encrypted ones hold, by their file: opening them is tested where the cipher is, against this same list.
  static let opened: [(vector: Vector, plain: [UInt8])] = {
    let list = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "GossipTests/Vectors/encrypted.txt")
    let lines = try! String(contentsOf: list, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
    let plain = lines.map { $0.split(separator: "|", omittingEmptySubsequences: false) }
      .reduce(into: [String: [UInt8]]()) { $0[String($1[0])] = [UInt8](hex: String($1[5])) }
    return all.filter(\.isEncrypted).map { vector in
      (vector, plain[String(vector.file.split(separator: "/").last!.dropLast(4))] ?? [])
    }
  }()

  private init(_ entry: [String: Any], in folder: URL) {
    file = entry["file"] as! String
    isStream = entry["transport"] as! String == "tcp"
    isEncrypted = !(entry["key"] as? String ?? "").isEmpty
    label = entry["label"] as? String ?? ""
    let text = try! String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
    bytes = [UInt8](hex: text.filter { !$0.isWhitespace })
    messages = Self.leaves(of: (entry["decoded"] as! [String: Any])["message"] as! [String: Any]).map { JSON.text($0) }
  }

  private static func leaves(of message: [String: Any]) -> [[String: Any]] {
    if let parts = message["parts"] as? [[String: Any]] { return parts.flatMap { leaves(of: $0) } }
    if let inner = message["inner"] as? [String: Any] { return leaves(of: inner) }
    return [unifyingEmptyMeta(message)]
  }
}

/// No meta is written as nil by some senders and as no bytes by others, and means the same.
private func unifyingEmptyMeta(_ object: [String: Any]) -> [String: Any] {
  var object = object
  if object["Meta"] as? String == "hex:" { object["Meta"] = NSNull() }
  if let fields = object["fields"] as? [String: Any] { object["fields"] = unifyingEmptyMeta(fields) }
  if let states = object["states"] as? [[String: Any]] { object["states"] = states.map(unifyingEmptyMeta) }
  return object
}

enum JSON {
  static func text(_ object: [String: Any]) -> String {
    String(decoding: try! JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
  }
}

extension [UInt8] {
  init(hex: String) {
    let digits = Array<Character>(hex)
    self = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
  }

  var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
