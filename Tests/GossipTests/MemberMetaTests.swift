import Gossip
import HTTP
import JSON
import Testing

@Suite("What a member says of itself") struct MemberMetaTests {
  @Test("a meta reads back as it was written, tags, draining and slow included")
  func roundTrip() {
    for role in ClusterOptions.Role.allCases {
      var meta = MemberMeta(role: role, http: Authority(host: "::1", port: 55568))
      #expect(MemberMeta(bytes: meta.bytes) == meta)
      meta.tags = ["zone": "a", "quote\"": "line\nbreak"]
      (meta.isDraining, meta.isSlow) = (true, true)
      #expect(MemberMeta(bytes: meta.bytes) == meta)
    }
    let plain = MemberMeta(role: .node, http: Authority(host: "10.0.0.7", port: 55568), version: "0.1.0")
    #expect(
      String(decoding: plain.bytes, as: UTF8.self)
        == #"{"ignareo":"0.1.0","role":"node","http":"10.0.0.7:55568"}"#)
  }

  @Test(
    "what is not ours is foreign, and harms nothing",
    arguments: ["", "hello", "{", "{}", #"{"role":"node"}"#, "\u{ff}\u{82}", #"["ignareo"]"#, #"{"ignareo":1}"#])
  func foreign(_ text: String) {
    #expect(MemberMeta(bytes: Array(text.utf8)) == .foreign)
    #expect(MemberMeta(bytes: [0xff, 0x81, 0xa4]) == .foreign)
  }

  @Test("a role that this version does not know is listed as other, with the rest read")
  func unknownRole() {
    let meta = MemberMeta(bytes: Array(#"{"ignareo":"9.0","role":"oracle","http":"h:1","tags":{"a":1,"b":"c"}}"#.utf8))
    #expect(meta.role == nil && meta.version == "9.0" && meta.http?.port == 1 && meta.tags == ["b": "c"])
  }

  @Test("tags that do not fit are a usage error that says by how much")
  func tooLong() throws {
    var meta = MemberMeta(role: .node, http: Authority(host: "127.0.0.1", port: 55568))
    try meta.checkFits()
    meta.tags["key"] = String(repeating: "v", count: 500)
    #expect(throws: UsageError.self) { try meta.checkFits() }
    do {
      try meta.checkFits()
    } catch { #expect(error.text.hasPrefix("flag --tag: the tags are ")) }
  }

  @Test("the ready line is one JSON object on one line, whatever the name")
  func readyLine() throws {
    let line = ReadyLine(role: .node, name: "a\"b\\c", http: "127.0.0.1:1", gossip: "[::1]:2").bytes
    #expect(line.last == 0x0a && line.count { $0 == 0x0a } == 1)
    let value = try JSONValue.parse(line.dropLast())
    #expect(value["event"]?.string == "ready" && value["role"]?.string == "node")
    #expect(value["name"]?.string == "a\"b\\c" && value["gossip"]?.string == "[::1]:2")
    #expect(value["http"]?.string == "127.0.0.1:1" && (value["pid"]?.int ?? 0) > 0)
  }
}
