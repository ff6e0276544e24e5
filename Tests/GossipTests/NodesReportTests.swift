import Clockwork
import HTTP
import JSON
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("What /nodes shows") struct NodesReportTests {
  private static func member(
    _ name: String, _ state: MemberState, role: ClusterOptions.Role? = .node, tags: [String: String] = [:],
    suspectedBy: [String] = [], roundTrip: Duration? = nil
  ) -> ClusterMember {
    let meta =
      role == nil
      ? .foreign : MemberMeta(role: role, http: Authority(host: "10.0.0.7", port: 55568), version: "0.1.0", tags: tags)
    return ClusterMember(
      name: name, gossip: SocketAddress(ip: "10.0.0.7", port: 7946)!, state: state, incarnation: 4,
      since: Timestamp(milliseconds: 1_767_225_600_000), meta: meta, suspectedBy: suspectedBy, roundTrip: roundTrip)
  }

  private let report = NodesReport(
    members: [
      member("c1", .alive, role: .coordinator),
      member("n1", .alive, tags: ["zone": "a", "disk": "ssd"], roundTrip: .microseconds(400)),
      member("n2", .suspect, tags: ["zone": "b"], suspectedBy: ["n1", "c1"]), member("n3", .dead),
      member("n4", .left), member("plain", .alive, role: nil),
    ],
    loads: [
      "n1": MemberLoad(
        capacity: 4096, running: 120, done: 51233, failed: 12, ratePerSecond: 3110.5, loopLagMilliseconds: 0.2,
        taskTypes: ["echo", "flow"]),
      "n2": MemberLoad(capacity: 100, running: 7, isSlow: true, isDraining: true),
      "n3": MemberLoad(capacity: 9999, running: 9999),
    ])

  private func names(_ query: String) throws -> [String] {
    let filter = try NodesFilter(Query(Array(query.utf8)))
    return try JSONValue.parse(report.json(filter))["nodes"]?.elements?.compactMap { $0["name"]?.string } ?? []
  }

  @Test("the cluster's sums are over nodes, and the dead add no capacity")
  func totals() throws {
    let cluster = try #require(try JSONValue.parse(report.json())["cluster"])
    #expect(cluster.text == #"{"alive":1,"suspect":1,"dead":1,"left":1,"capacity":4196,"running":127}"#)
  }

  @Test("a node whose load nobody knows is slow by its own gossip, and slow is no state")
  func slowByGossip() throws {
    var slow = Self.member("s", .alive)
    slow.meta.isSlow = true
    var dead = Self.member("d", .dead)
    dead.meta.isSlow = true
    var well = Self.member("w", .alive)
    well.meta.isSlow = true
    let report = NodesReport(
      members: [slow, dead, well, Self.member("q", .alive)], loads: ["w": MemberLoad(capacity: 1, running: 0)])
    func shown(_ name: String) throws -> JSONValue { try JSONValue.parse(try #require(report.json(of: name))) }
    #expect(try shown("s")["slow"]?.bool == true && shown("s")["state"]?.string == "alive")
    #expect(try shown("q")["slow"]?.bool == false)
    #expect(try shown("w")["slow"]?.bool == false, "its load is fresher than its gossip")
    #expect(try shown("d")["slow"] == nil && shown("d")["state"]?.string == "dead")
  }

  @Test("a node is shown with all the fields of the contract")
  func fields() throws {
    let json = try #require(report.json(of: "n1"))
    #expect(
      String(decoding: json, as: UTF8.self)
        == #"{"name":"n1","role":"node","state":"alive","http":"10.0.0.7:55568","gossip":"10.0.0.7:7946","#
        + #""incarnation":4,"since":"2026-01-01T00:00:00.000Z","version":"0.1.0","#
        + #""tags":{"disk":"ssd","zone":"a"},"rtt_ms":0.4,"task_types":["echo","flow"],"capacity":4096,"running":120,"#
        + #""queued":0,"done":51233,"failed":12,"rate_per_s":3110.5,"loop_lag_ms":0.2,"slow":false,"draining":false}"#)
    let suspect = try JSONValue.parse(#require(report.json(of: "n2")))
    #expect(suspect["suspected_by"]?.elements?.compactMap(\.string) == ["n1", "c1"])
    #expect(suspect["slow"]?.bool == true && suspect["draining"]?.bool == true)
    #expect(suspect["state"]?.string == "suspect" && suspect["since"]?.string == "2026-01-01T00:00:00.000Z")
    #expect(report.json(of: "nobody") == nil)
  }

  @Test("a plain memberlist peer is listed with its name and state, as role other")
  func plainPeer() throws {
    let peer = try JSONValue.parse(#require(report.json(of: "plain")))
    #expect(peer["role"]?.string == "other" && peer["state"]?.string == "alive" && peer["http"] == nil)
    let dead = try JSONValue.parse(#require(report.json(of: "n3")))
    #expect(dead["capacity"] == nil && dead["state"]?.string == "dead")
  }

  @Test(
    "filters choose by state, role and tag",
    arguments: [
      ("", ["c1", "n1", "n2", "n3", "n4", "plain"]), ("state=alive", ["c1", "n1", "plain"]),
      ("state=alive&role=node", ["n1"]), ("state=dead,left", ["n3", "n4"]), ("state=dead&state=left", ["n3", "n4"]),
      ("role=coordinator", ["c1"]), ("role=other", ["plain"]), ("tag=zone=a", ["n1"]), ("tag=zone%3Da", ["n1"]),
      ("tag=zone=a&tag=disk=ssd", ["n1"]), ("tag=zone=a&tag=zone=b", []), ("tag=zone=", []),
    ])
  func filters(_ query: String, _ expected: [String]) throws { #expect(try names(query) == expected) }

  @Test("a filter that cannot be meant is refused with a reason", arguments: ["state=alife", "role=boss", "tag=zone"])
  func badFilters(_ query: String) {
    #expect(throws: NodesFilterError.self) { try names(query) }
  }

  @Test("the page shows each member once, and a member's own words as text")
  func page() {
    let hostile = NodesReport(
      members: [Self.member("<script>", .alive, tags: ["a": "\"&'"])] + report.members, loads: report.loads)
    let html = String(decoding: NodesPage(report: hostile).html(.everything), as: UTF8.self)
    #expect(html.hasPrefix("<!doctype html>") && !html.contains("<script>"))
    #expect(html.contains("&lt;script&gt;") && html.contains("a=&quot;&amp;&#39;"))
    #expect(html.split(separator: "<td>n1</td>", omittingEmptySubsequences: false).count == 2)
    #expect(html.contains("suspect slow draining by n1, c1"))
  }

  @Test("a status that is no node's is no load")
  func status() throws {
    let full = MemberLoad(
      capacity: 10, running: 1, queued: 2, done: 3, failed: 4, ratePerSecond: 5.5, loopLagMilliseconds: 0.25,
      isSlow: true, isDraining: true, taskTypes: ["echo"])
    let text =
      #"{"name":"n","capacity":10,"running":1,"queued":2,"done":3,"failed":4,"rate_per_s":5.5,"loop_lag_ms":0.25,"#
      + #""slow":true,"draining":true,"task_types":["echo"],"loops":[{"lag_ms":0.25}]}"#
    #expect(MemberLoad(status: Array(text.utf8)) == full)
    let huge = #"{"capacity":9223372036854775807,"running":9223372036854775807,"queued":9223372036854775807}"#
    let bounded = try #require(MemberLoad(status: Array(huge.utf8)))
    #expect([bounded.capacity, bounded.running, bounded.queued] == [1_000_000_000, 1_000_000_000, 1_000_000_000])
    for text in ["", "[]", "{}", #"{"capacity":-1}"#, #"{"capacity":"10"}"#, "<html>"] {
      #expect(MemberLoad(status: Array(text.utf8)) == nil)
    }
  }
}
