import Glibc
import Testing

@testable import Ignareo

@Suite("A node inside a program of a user's own") struct RoleThreadTests {
  private static func handler(of number: Int32) -> UInt {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler, to: UInt.self)
  }

  @Test("while it runs, its thread gets the program's signals; then they do again what they did before")
  func signals() async {
    let before = [SIGTERM, SIGINT].map(Self.handler)
    let status = await RoleThread.run {
      zip([SIGTERM, SIGINT], before).allSatisfy { Self.handler(of: $0) != $1 } ? 7 : 1
    }
    #expect(status == 7)
    #expect([SIGTERM, SIGINT].map(Self.handler) == before)
  }
}
