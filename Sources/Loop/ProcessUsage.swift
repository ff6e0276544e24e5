import Glibc

/// What this process has taken of its machine so far: proc(5).
package struct ProcessUsage: Sendable {
  package let cpuSeconds: Double
  package let residentBytes: Int
  package let openDescriptors: Int
  package let descriptorLimit: Int
  /// By the calendar, in seconds since 1970; zero when the kernel does not say.
  package let startedAt: Double

  package init() {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    cpuSeconds = Self.seconds(time)
    residentBytes = ResidentMemory.bytes
    openDescriptors = Self.countDescriptors()
    descriptorLimit = ProcessSetup.openFileLimit
    startedAt = Self.start
  }

  private static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }

  // MARK: Descriptors

  /// The folder's size is their number since Linux 6.2; before, it is zero and they are counted one by one.
  private static func countDescriptors() -> Int {
    var status = stat()
    if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Two entries are the folder itself and the one above it, and one is the descriptor that reads this.
    return max(0, count - 3)
  }

  // MARK: The start

  /// It does not change, while what it is computed from drifts with every correction of the calendar's clock.
  private static let start = readStart() ?? 0

  /// The kernel tells it in ticks since the machine was started.
  private static func readStart() -> Double? {
    let status = ProcessFile.bytes(of: "stat")
    // The second field, the program's name in brackets, may hold anything; the start is the 22nd.
    guard let bracket = status.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = status[(bracket + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let ticks = Double(String(decoding: fields[19], as: UTF8.self)) else { return nil }
    var (sinceBoot, calendar) = (timespec(), timespec())
    clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
    clock_gettime(CLOCK_REALTIME, &calendar)
    return seconds(calendar) - (seconds(sinceBoot) - ticks / Double(sysconf(Int32(_SC_CLK_TCK))))
  }
}
