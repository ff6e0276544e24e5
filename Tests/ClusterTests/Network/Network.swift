import Foundation
import Testing

/// Machines that share a switch: network namespaces with addresses of their own, whose links a test takes down and up.
///
/// Each has a second link, to the test alone, which is never cut: what a test asks a machine, and what its tasks do in
/// the world outside, does not go over what is being broken. Names hold the test process's number, so that several can
/// run at a time and the leftovers of one that was killed are known.
final class Network: Sendable {
  struct Host: Sendable {
    let name: String
    let namespace: String
    /// What the other machines dial.
    let address: String
    /// What the test dials, and where the machine's calls to it come from.
    let control: String
  }

  let hosts: [String: Host]
  /// This process's own address on the links that are never cut.
  let outside: String
  private let prefix: String
  private var hub: String { "\(prefix)-switch" }
  /// This process's end of its link; an interface's name has 15 characters at most.
  private var link: String { "ig\(getpid())n\(prefix.split(separator: "-").last ?? "")" }

  /// Builds one, hands it to `body`, and takes it away whatever happens.
  static func run(_ names: [String], _ body: (Network) async throws -> Void) async throws {
    sweep()
    let network = Network(names)
    defer { network.remove() }
    try network.build()
    try await body(network)
  }

  /// The number of the next one of this process.
  private static func next() -> Int {
    let (held, prefix) = (existing(), "ignareo-\(getpid())-")
    return (1...).first { number in !held.contains { $0.hasPrefix("\(prefix)\(number)-") } }!
  }

  private init(_ names: [String]) {
    let number = Self.next()
    prefix = "ignareo-\(getpid())-\(number)"
    // RFC 2544's addresses are for testing networks and on no real one: 64 for each process and network.
    let block = (Int(getpid()) * 7 + number) % 2_048
    let (high, low) = (18 + block / 1_024, block % 1_024)
    func control(_ place: Int) -> String { "198.\(high).\(low / 4).\(low % 4 * 64 + place)" }
    outside = control(1)
    var hosts: [String: Host] = [:]
    for (place, name) in names.enumerated() {
      hosts[name] = Host(
        name: name, namespace: "\(prefix)-\(name)", address: "10.77.0.\(place + 1)", control: control(place + 2))
    }
    self.hosts = hosts
  }

  subscript(name: String) -> Host { hosts[name]! }

  private func build() throws {
    var lines = ["ip netns add \(hub)"]
    for bridge in ["left", "right", "control"] {
      lines += ["ip -n \(hub) link add name \(bridge) type bridge", "ip -n \(hub) link set dev \(bridge) up"]
    }
    lines += [
      "ip link add name \(link) type veth peer name test netns \(hub)",
      "ip -n \(hub) link set dev test master control up",
      "ip addr add \(outside)/26 dev \(link)", "ip link set dev \(link) up",
    ]
    for host in hosts.values {
      lines.append("ip netns add \(host.namespace)")
      for (port, bridge, device, address) in [
        (host.name, "left", "eth0", "\(host.address)/24"),
        ("\(host.name)-control", "control", "eth1", "\(host.control)/26"),
      ] {
        lines += [
          "ip -n \(hub) link add name \(port) type veth peer name \(device) netns \(host.namespace)",
          "ip -n \(hub) link set dev \(port) master \(bridge) up",
          "ip -n \(host.namespace) addr add \(address) dev \(device)",
          "ip -n \(host.namespace) link set dev \(device) up",
        ]
      }
      lines.append("ip -n \(host.namespace) link set dev lo up")
    }
    try Self.change(lines)
  }

  /// A namespace's links go with it, but a while after its name; the next network may want this one's name at once.
  private func remove() {
    _ = Self.shell(["ip link delete dev \(link)"])
    for namespace in hosts.values.map(\.namespace) + [hub] { Self.remove(namespace) }
  }

  // MARK: What breaks

  /// Pulls a machine's cable: its own side loses the carrier and keeps its address.
  func cut(_ name: String) throws { try Self.change(["ip -n \(hub) link set dev \(name) down"]) }

  func mend(_ name: String) throws { try Self.change(["ip -n \(hub) link set dev \(name) up"]) }

  /// Parts these from the others: each side speaks on among itself, and nobody is told that packets go nowhere.
  func split(_ names: [String]) throws {
    try Self.change(names.map { "ip -n \(hub) link set dev \($0) master right" })
  }

  func heal() throws { try Self.change(hosts.keys.map { "ip -n \(hub) link set dev \($0) master left" }) }

  /// One direction alone: a deaf machine is heard by all and hears nobody, for its port gets no frames.
  func deafen(_ name: String) throws { try setFlood("off", name) }

  func endDeafness(of name: String) throws { try setFlood("on", name) }

  /// One direction of one path: what a machine sends to another goes to a station that is none; all else arrives.
  func lose(from sender: String, to receiver: String) throws {
    let (host, address) = (self[sender], self[receiver].address)
    try Self.change(["ip -n \(host.namespace) neigh replace \(address) lladdr 02:00:00:00:00:01 dev eth0 nud permanent"]
    )
  }

  func endLoss(from sender: String, to receiver: String) throws {
    try Self.change(["ip -n \(self[sender].namespace) neigh del \(self[receiver].address) dev eth0"])
  }

  /// A switch that does not learn where a machine is, and floods its port with nothing, never sends it anything.
  private func setFlood(_ word: String, _ name: String) throws {
    let options = ["learning", "flood", "mcast_flood", "bcast_flood"].map { "\($0) \(word)" }.joined(separator: " ")
    try Self.change(["ip -n \(hub) link set dev \(name) type bridge_slave \(options) fdb_flush"])
  }

  // MARK: Whether and how

  /// Why there can be none here; nil where there can.
  static let refusal: String? = {
    guard geteuid() == 0 else { return "network namespaces need root" }
    guard tool != nil else { return "network namespaces need `ip`: apt-get install iproute2" }
    let name = "ignareo-\(getpid())-0-probe"
    let (status, text) = shell([
      "ip netns add \(name)", "ip -n \(name) link add name left type bridge",
      "ip -n \(name) link add name one type veth peer name two",
      "ip -n \(name) link set dev one master left",
      "ip -n \(name) link set dev one type bridge_slave learning off flood off bcast_flood off",
    ])
    remove(name)
    return status == 0 ? nil : "network namespaces are not allowed here: \(text)"
  }()

  /// Where `ip` is.
  static let tool = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private static func change(_ lines: [String]) throws {
    let (status, text) = shell(lines)
    try #require(status == 0, "\(text)")
  }

  /// Ends at the first line that fails; gives what it said.
  private static func shell(_ lines: [String]) -> (status: Int32, text: String) {
    let script = (["exec 2>&1; set -e; PATH=$PATH:/usr/sbin:/sbin"] + lines).joined(separator: "\n")
    guard let pipe = popen(script, "r") else { return (-1, "no shell: \(String(cString: strerror(errno)))") }
    var bytes: [UInt8] = []
    while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(byte)) }
    let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return (pclose(pipe), text)
  }

  // MARK: Leftovers

  private static func existing() -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
  }

  /// With all that runs in it and every link into it.
  private static func remove(_ namespace: String) {
    _ = shell([
      "for pid in $(ip netns pids \(namespace)); do kill -9 $pid || true; done", "ip netns delete \(namespace)",
    ])
  }

  /// Takes away what test processes left behind that are not there any more.
  private static func sweep() {
    for name in existing() where name.hasPrefix("ignareo-") {
      let pid = name.split(separator: "-").dropFirst().first.flatMap { Int($0) }
      if let pid, !Program.isRunning(pid) { remove(name) }
    }
  }
}
