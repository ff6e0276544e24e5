import Clockwork
import Testing

@testable import Net

@Suite("Whether a peer lives")
struct KeepAliveTests {
  private static let limits = {
    var limits = WebSocketConnectionLimits()
    limits.pingInterval = .seconds(30)
    limits.pongTimeout = .seconds(10)
    limits.writeTimeout = .seconds(60)
    return limits
  }()

  private func second(_ number: Int) -> Instant { Instant.zero + .seconds(number) }

  private func judge(
    _ keepAlive: inout KeepAlive, at number: Int, sent: Int = 0, queued: Int = 0, isReading: Bool = true
  ) -> KeepAlive.Verdict {
    keepAlive.judge(at: second(number), sentBytes: sent, queuedBytes: queued, isReading: isReading)
  }

  @Test("a silent peer is pinged, and given up when it answers nothing")
  func silent() {
    var keepAlive = KeepAlive(Self.limits, at: second(0))
    #expect(judge(&keepAlive, at: 0) == .wait(until: second(30)))
    #expect(judge(&keepAlive, at: 30) == .ping)
    #expect(judge(&keepAlive, at: 30) == .wait(until: second(40)))
    #expect(judge(&keepAlive, at: 40) == .silent)
  }

  @Test("whatever is heard is a sign of life, before the ping and after it")
  func heard() {
    var keepAlive = KeepAlive(Self.limits, at: second(0))
    keepAlive.heard(at: second(20))
    #expect(judge(&keepAlive, at: 30) == .wait(until: second(50)))
    #expect(judge(&keepAlive, at: 50) == .ping)
    keepAlive.heard(at: second(59))
    #expect(judge(&keepAlive, at: 60) == .wait(until: second(89)))
  }

  @Test("an answered ping is followed by the next one in time, however long an answer may take")
  func patient() {
    var limits = Self.limits
    limits.pongTimeout = .seconds(300)
    limits.writeTimeout = .seconds(900)
    var keepAlive = KeepAlive(limits, at: second(0))
    #expect(judge(&keepAlive, at: 30) == .ping)
    #expect(judge(&keepAlive, at: 30) == .wait(until: second(60)))
    keepAlive.heard(at: second(31))
    #expect(judge(&keepAlive, at: 60) == .wait(until: second(61)))
    #expect(judge(&keepAlive, at: 61) == .ping)
    #expect(judge(&keepAlive, at: 91) == .wait(until: second(121)))
    #expect(judge(&keepAlive, at: 361) == .silent)
  }

  @Test("a peer that is not read from is not blamed for its silence")
  func notRead() {
    var keepAlive = KeepAlive(Self.limits, at: second(0))
    #expect(judge(&keepAlive, at: 30) == .ping)
    #expect(judge(&keepAlive, at: 40, isReading: false) == .wait(until: second(70)))
    #expect(judge(&keepAlive, at: 70) == .ping)
  }

  @Test("a peer that takes what is queued, however slowly, lives; one that takes nothing has stalled")
  func stalled() {
    var keepAlive = KeepAlive(Self.limits, at: second(0))
    for number in stride(from: 0, through: 500, by: 50) {
      let verdict = judge(&keepAlive, at: number, sent: number + 1, queued: 9, isReading: false)
      #expect(verdict == .wait(until: second(number + 30)))
    }
    #expect(judge(&keepAlive, at: 530, sent: 501, queued: 9, isReading: false) == .wait(until: second(560)))
    #expect(judge(&keepAlive, at: 560, sent: 501, queued: 9, isReading: false) == .stalled)
  }

  @Test("with nothing queued there is nothing to take")
  func nothingQueued() {
    var keepAlive = KeepAlive(Self.limits, at: second(0))
    _ = judge(&keepAlive, at: 10, queued: 9)
    keepAlive.heard(at: second(300))
    #expect(judge(&keepAlive, at: 300) == .wait(until: second(330)))
    #expect(judge(&keepAlive, at: 310, queued: 9) == .wait(until: second(330)))
  }
}
