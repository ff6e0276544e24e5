import Clockwork
import Swim

/// Counts what a run is worth in figures.
struct Gauge {
  private struct Sent {
    var datagrams = 0
    var bytes = 0
    var streamBytes = 0
  }

  /// Something that all others should notice, and when each did.
  private struct News {
    let node: Int
    let life: Int
    let meta: [UInt8]
    let began: Instant
    var noticed: [Duration] = []
  }

  private var begin = Instant.zero
  private var sent: [Sent]
  private(set) var datagrams = 0
  private(set) var bytes = 0
  var suspicions = 0
  private var deaths = Figures.Deaths()
  private var crashes: [News] = []
  private var changes: [News] = []

  init(members: Int) { sent = Array(repeating: Sent(), count: members) }

  /// What was sent before does not count in the rates.
  mutating func begin(at now: Instant) {
    begin = now
    sent = Array(repeating: Sent(), count: sent.count)
  }

  mutating func sent(_ count: Int, by number: Int) {
    datagrams += 1
    bytes += count
    sent[number].datagrams += 1
    sent[number].bytes += count
  }

  mutating func streamed(_ count: Int, by number: Int) { sent[number].streamBytes += count }

  mutating func crashed(_ number: Int, _ life: Int, at now: Instant) {
    crashes.append(News(node: number, life: life, meta: [], began: now))
  }

  mutating func changed(_ number: Int, _ meta: [UInt8], at now: Instant) {
    changes.append(News(node: number, life: 0, meta: meta, began: now))
  }

  mutating func heard(of number: Int, _ meta: [UInt8], at now: Instant) {
    for place in changes.indices where changes[place].node == number && changes[place].meta == meta {
      changes[place].noticed.append(now - changes[place].began)
    }
  }

  mutating func died(_ subject: VirtualNode, seenBy observer: VirtualNode, at now: Instant) {
    if !subject.isUp {
      for place in crashes.indices where crashes[place].node == subject.number && crashes[place].life == subject.life {
        crashes[place].noticed.append(now - crashes[place].began)
      }
    } else if subject.isAfflicted {
      deaths.ofAfflicted += 1
    } else if observer.isAfflicted {
      deaths.ofHealthyAtAfflicted += 1
    } else {
      deaths.ofHealthyAtHealthy += 1
    }
  }

  func figures(at now: Instant, _ nodes: [VirtualNode], crashChecks: Int) -> Figures {
    let seconds = (now - begin).inSeconds
    let memberSeconds = max(seconds * Double(nodes.count { $0.isUp }), 1e-9)
    func rate(_ part: (Sent) -> Int) -> Double { Double(sent.reduce(0) { $0 + part($1) }) / memberSeconds }
    let busiest = Double(sent.map(\.datagrams).max() ?? 0) / max(seconds, 1e-9)
    let load = Figures.Load(
      seconds: seconds, datagrams: rate(\.datagrams), busiestDatagrams: busiest, datagramBytes: rate(\.bytes),
      streamBytes: rate(\.streamBytes))
    return Figures(
      datagrams: datagrams, bytes: bytes, suspicions: suspicions, crashChecks: crashChecks, deaths: deaths,
      load: load,
      detections: crashes.compactMap { Figures.Spread($0.noticed) },
      news: changes.compactMap { Figures.Spread($0.noticed) })
  }
}
