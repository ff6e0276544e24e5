import Clockwork
import Glibc
import Swim
import Testing

@Suite("ten thousand members")
struct LargeClusterTests {
  private static func merged(_ count: Int) -> Lab {
    var configuration = Swim.Configuration.lan
    // Nobody answers here, and nobody shall die of it.
    configuration.probeInterval = .seconds(36_000)
    configuration.pushPullInterval = .seconds(36_000)
    var lab = Lab(configuration)
    let states = (1...count).map { number in
      PushPull.State(
        name: "n\(number)", address: Lab.address(number), meta: [1, 2, 3], incarnation: 1, state: .alive,
        versions: .plain)
    }
    lab(.pushPullReceived(PushPull(isJoin: true, states: states), exchange: Swim.IncomingExchange(number: 1)))
    return lab
  }

  /// Seconds of this thread's own work for so many messages about random members, and for their gossip.
  private func work(_ lab: inout Lab, members: Int, messages: Int) -> Double {
    var generator = SplitMix64(seed: 3)
    let start = Self.secondsWorked
    for number in 0..<messages {
      let member = Int.random(in: 1...members, using: &generator)
      lab.hear(.alive(Lab.alive(member, UInt32(number + 2))), .ping(Ping(sequence: 1, node: "me")))
      if number.isMultiple(of: 50) { lab.pass(.milliseconds(10)) }
    }
    return Self.secondsWorked - start
  }

  /// What this thread has computed, however much else the machine does.
  private static var secondsWorked: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test("all come in by one push-pull, are listed, and take suspicions and deaths")
  func everybody() {
    var lab = Self.merged(10_000)
    #expect(lab.swim.reachableCount == 10_000)
    #expect(lab.swim.members(at: lab.now).count == 10_001)
    for number in 1...2000 { lab.hear(.suspect(Lab.accusation("n\(number)", by: "x"))) }
    for number in 1...1000 { lab.hear(.dead(Lab.accusation("n\(number)", by: "x"))) }
    #expect(lab.swim.reachableCount == 9000)
  }

  @Test("a message costs about the same as among one hundred")
  func cost() {
    var (small, large) = (Self.merged(100), Self.merged(10_000))
    // Until the news of all these members has been told.
    small.pass(.seconds(1200))
    large.pass(.seconds(1200))
    // Alternating and by the best of three, since other work shares the caches.
    var best = (small: Double.infinity, large: Double.infinity)
    for _ in 0..<3 {
      best.small = min(best.small, work(&small, members: 100, messages: 1500))
      best.large = min(best.large, work(&large, members: 10_000, messages: 1500))
    }
    // A walk through all members for each message would make it a hundredfold.
    #expect(best.large < 12 * best.small, "\(best.large) s against \(best.small) s")
  }
}
