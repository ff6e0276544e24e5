import Foundation
import Loop
import Testing

@Suite("What a process takes") struct ProcessUsageTests {
  @Test("it has memory, a limit, and a start that is past and stays where it is")
  func figures() {
    let (first, second) = (ProcessUsage(), ProcessUsage())
    #expect(first.residentBytes > 1 << 20)
    #expect(first.descriptorLimit == ProcessSetup.openFileLimit)
    #expect(first.startedAt == second.startedAt)
    let age = Date().timeIntervalSince1970 - first.startedAt
    #expect(age > 0 && age < 86_400)
  }

  @Test("its CPU time rises as it works")
  func cpu() {
    let before = ProcessUsage().cpuSeconds
    var after = before
    // The clock counts in nanoseconds what this very loop takes.
    while after <= before { after = ProcessUsage().cpuSeconds }
    #expect(after > before && before > 0)
  }

  @Test("open descriptors are counted")
  func descriptors() {
    // Many, so that what other tests open and close meanwhile does not matter.
    let opened = (0..<500).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    let more = ProcessUsage().openDescriptors
    for descriptor in opened { close(descriptor) }
    let fewer = ProcessUsage().openDescriptors
    #expect(more - fewer > 250 && fewer >= 3)
  }
}
