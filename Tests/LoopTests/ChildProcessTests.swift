import Clockwork
import Glibc
import Loop
import Testing

/// Hears what a child process says; everything is on the loop of the test.
private final class Listener: ChildProcessDelegate, @unchecked Sendable {
  // Guarded by: the loop's thread.
  private(set) var output: [UInt8] = []
  private(set) var errors: [UInt8] = []
  private(set) var closed: [ChildProcess.Stream] = []
  private(set) var end: ProcessEnd?
  private(set) var drained = 0
  private var waiter: (condition: (Listener) -> Bool, continuation: UnsafeContinuation<Void, Never>)?

  var outputText: String { String(decoding: output, as: UTF8.self) }
  var errorText: String { String(decoding: errors, as: UTF8.self) }

  func child(_ child: ChildProcess, wrote bytes: Span<UInt8>, to stream: ChildProcess.Stream) {
    let copy = bytes.withUnsafeBufferPointer { Array($0) }
    if stream == .output { output += copy } else { errors += copy }
    wakeIfMet()
  }

  func child(_ child: ChildProcess, closed stream: ChildProcess.Stream) {
    closed.append(stream)
    wakeIfMet()
  }

  func childDrained(_ child: ChildProcess) {
    drained += 1
    wakeIfMet()
  }

  func child(_ child: ChildProcess, ended end: ProcessEnd) {
    self.end = end
    wakeIfMet()
  }

  func wait(until condition: @escaping (Listener) -> Bool) async {
    if condition(self) { return }
    await withUnsafeContinuation { waiter = (condition, $0) }
  }

  private func wakeIfMet() {
    guard let (condition, continuation) = waiter, condition(self) else { return }
    waiter = nil
    continuation.resume()
  }
}

private func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
  let loop = try EventLoop.start(name: "child-test")
  defer { loop.stop() }
  try await loop.spawn { () async throws -> Void in try await body(loop) }.value
}

/// A shell's line with all three streams as pipes.
private func shell(
  _ line: String, _ loop: EventLoop, setting variables: [(name: String, value: String)] = [],
  watchesExit: Bool = true, change: (inout ProcessCommand) -> Void = { _ in }
) throws -> (ChildProcess, Listener) {
  var command = ProcessCommand.shell(line, environment: ProcessCommand.environment(setting: variables))
  (command.input, command.output, command.errors) = (.pipe, .pipe, .pipe)
  change(&command)
  let child = try ChildProcess(command, on: loop, watchesExit: watchesExit)
  let listener = Listener()
  child.delegate = listener
  return (child, listener)
}

/// Whether a process of that number is there; a zombie is.
private func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

@Suite(.timeLimit(.minutes(1))) struct ChildProcessTests {
  @Test("what a process writes comes in full before its end, which says how it was")
  func outputs() async throws {
    try await onLoop { loop in
      let (child, listener) = try shell("echo out; echo err >&2; exit 7", loop)
      await listener.wait { $0.end != nil }
      #expect(listener.outputText == "out\n" && listener.errorText == "err\n")
      #expect(listener.end == .exited(status: 7))
      #expect("\(ProcessEnd.exited(status: 7))" == "ended with status 7")
      #expect(child.hasEnded && !exists(child.pid))
    }
  }

  @Test("three megabytes go through a process and back, with congestion on the way, and the end of its input ends it")
  func throughput() async throws {
    try await onLoop { loop in
      let (child, listener) = try shell("cat", loop)
      let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      child.write { $0 += payload }
      #expect(child.isCongested && child.writtenBytes == payload.count)
      await listener.wait { $0.drained > 0 }
      child.closeInput()
      await listener.wait { $0.end != nil }
      #expect(listener.output == payload)
      #expect(listener.end == .exited(status: 0) && child.unreadBytes == 0)
    }
  }

  @Test(
    "what a process never read of its input is counted exactly, queued or in the kernel's hands",
    arguments: [7, 5_000_000])
  func unread(_ bytes: Int) async throws {
    try await onLoop { loop in
      let (child, listener) = try shell("exec head -c 5", loop)
      child.write { $0 += [UInt8](repeating: 0x61, count: 5 + bytes) }
      await listener.wait { $0.end != nil }
      #expect(listener.output.count == 5)
      #expect(child.unreadBytes == bytes)
    }
  }

  @Test("a process that closes its input, or its output, and lives on is told of")
  func closes() async throws {
    try await onLoop { loop in
      let (child, listener) = try shell("exec sleep 600 <&- >&-", loop)
      await listener.wait { $0.closed.count == 2 }
      #expect(Set(listener.closed.map { "\($0)" }) == ["input", "output"])
      child.write { $0 += [1, 2, 3] }
      child.send(SIGKILL)
      await listener.wait { $0.end != nil }
      #expect(listener.end == .killed(signal: SIGKILL) && child.unreadBytes == 3)
      #expect("\(ProcessEnd.killed(signal: SIGKILL))" == "was killed by signal 9 (Killed)")
    }
  }

  @Test("the end of a process is the end of its group: a grandchild that holds its output is killed")
  func grandchild() async throws {
    try await onLoop { loop in
      let (_, listener) = try shell("sleep 600 & echo $!", loop)
      await listener.wait { $0.end != nil }
      #expect(listener.end == .exited(status: 0))
      let grandchild = try #require(Int32(listener.outputText.dropLast()))
      // It is another's to reap, but runs no more.
      while isRunning(grandchild) { try await loop.sleep(for: .milliseconds(2)) }
    }
  }

  @Test("a group that is told to end has its time for that, though its leader goes first")
  func gentle() async throws {
    try await onLoop { loop in
      let line = "sh -c 'trap \"echo cleaned up; exit\" TERM; echo ready; while :; do sleep 0.01; done' & read never"
      let (child, listener) = try shell(line, loop)
      await listener.wait { $0.outputText == "ready\n" }
      child.terminate(patience: .seconds(600))
      await listener.wait { $0.end != nil }
      #expect(listener.outputText == "ready\ncleaned up\n")
      #expect(listener.end == .killed(signal: SIGTERM))
    }
  }

  @Test("what does not heed SIGTERM is killed when patience is over, leader or not", arguments: ["", " & read never"])
  func stubborn(_ ending: String) async throws {
    try await onLoop { loop in
      let line = "sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.01; done'" + ending
      let (child, listener) = try shell(line, loop)
      await listener.wait { $0.outputText == "ready\n" }
      child.terminate(patience: .milliseconds(20))
      await listener.wait { $0.end != nil }
      #expect(listener.outputText == "ready\n" && !exists(child.pid))
      child.send(SIGKILL)  // Nobody's by now; nothing happens.
    }
  }

  @Test("what is killed is told of at once, though one who has left its group holds its output")
  func killedBesideStranger() async throws {
    try await onLoop { loop in
      let line = "trap '' TERM; setsid sh -c 'echo $$; exec sleep 600' & while :; do sleep 0.01; done"
      let (child, listener) = try shell(line, loop)
      await listener.wait { $0.outputText.hasSuffix("\n") }
      let stranger = try #require(Int32(listener.outputText.dropLast()))
      child.terminate(patience: .milliseconds(20))
      await listener.wait { $0.end != nil }
      #expect(listener.end == .killed(signal: SIGKILL) && isRunning(stranger))
      kill(stranger, SIGKILL)
    }
  }

  @Test("without pidfds the end is found by looking")
  func looking() async throws {
    try await onLoop { loop in
      let (child, listener) = try shell("echo out; exit 3", loop, watchesExit: false)
      await listener.wait { $0.end != nil }
      #expect(listener.end == .exited(status: 3) && listener.outputText == "out\n")
      #expect(!exists(child.pid))
    }
  }

  @Test("a process has no signal blocked or ignored, only its own descriptors, and the environment that it is given")
  func cleanSlate() async throws {
    try await onLoop { loop in
      Signals.block([SIGTERM, SIGUSR1])
      let leak = dup(0)
      defer { close(leak) }
      let (_, listener) = try shell(
        "sed -n 's/^Sig\\(Blk\\|Ign\\):.//p' /proc/self/status; ls /proc/$$/fd; echo \"$MARK\"", loop,
        setting: [("MARK", "ä b")])
      await listener.wait { $0.end != nil }
      let lines = listener.outputText.split(separator: "\n")
      // The C library has signals 32 and 33 for itself.
      for mask in lines.prefix(2) { #expect(UInt64(mask, radix: 16).map { $0 & 0x7fff_ffff } == 0, "\(mask)") }
      #expect(lines.dropFirst(2) == ["0", "1", "2", "ä b"])
    }
  }

  @Test("a program that is not there is told with its cause, and nothing is left open")
  func missing() async throws {
    try await onLoop { loop in
      let before = openDescriptors()
      var command = ProcessCommand(file: "/nowhere/program", words: ["program"], environment: [])
      (command.input, command.output, command.errors) = (.pipe, .pipe, .null)
      command.signalAtOurEnd = SIGTERM
      let error = #expect(throws: LoopError.self) { try ChildProcess(command, on: loop) }
      #expect("\(error!)".contains("/nowhere/program") && "\(error!)".contains("no such file"))
      #expect(openDescriptors() == before)
    }
  }

  @Test("fifty processes leave neither a descriptor nor a zombie behind, though their owner lets go of them")
  func nothingLeft() async throws {
    try await onLoop { loop in
      let before = openDescriptors()
      var listeners: [Listener] = []
      var pids: [Int32] = []
      for _ in 0..<50 {
        let (child, listener) = try shell("cat; exit 1", loop) { $0.signalAtOurEnd = SIGTERM }
        child.write { $0 += Array("hello".utf8) }
        child.closeInput()
        listeners.append(listener)
        pids.append(child.pid)
      }
      for listener in listeners { await listener.wait { $0.end == .exited(status: 1) } }
      #expect(listeners.allSatisfy { $0.outputText == "hello" })
      #expect(openDescriptors() == before)
      #expect(!pids.contains(where: exists))
    }
  }

  @Test("a flood of output starves nobody and ends with its process")
  func flood() async throws {
    try await onLoop { loop in
      let (child, listener) = try shell("exec yes", loop)
      await listener.wait { $0.output.count > 1 << 20 }
      await loop.yield()
      child.terminate(patience: .seconds(600))
      await listener.wait { $0.end != nil }
      #expect(listener.end == .killed(signal: SIGTERM))
    }
  }

  @Test("a group gets its signal when we are gone, whoever of it reads its input")
  func lifeline() async throws {
    try await onLoop { loop in
      let before = writingPipes()
      let (child, listener) = try shell("sleep 600 | sleep 600", loop) {
        $0.input = .null
        $0.signalAtOurEnd = SIGTERM
      }
      // What the kernel does when this program ends: it closes the one pipe that we could write to.
      let lifeline = try #require(writingPipes().subtracting(before).first)
      let null = open("/dev/null", O_WRONLY)
      dup2(null, lifeline)
      close(null)
      await listener.wait { $0.end != nil }
      #expect(listener.end == .killed(signal: SIGTERM))
      #expect(!exists(child.pid))
    }
  }
}

private func isRunning(_ pid: Int32) -> Bool {
  guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 512)
  let count = fread(&bytes, 1, bytes.count, file)
  let text = String(decoding: bytes[..<count], as: UTF8.self)
  return text.split(separator: ")").last?.first { $0 != " " } != "Z"
}

/// Descriptors of the kinds that a process needs; other tests of this program open others.
private func openDescriptors() -> Int { descriptors { $0.hasPrefix("pipe:") || $0.contains("pidfd") }.count }

private func writingPipes() -> Set<Int32> {
  Set(descriptors { $0.hasPrefix("pipe:") }.filter { fcntl($0, F_GETFL) & O_ACCMODE == O_WRONLY })
}

private func descriptors(where isWanted: (String) -> Bool) -> [Int32] {
  (0..<4096).filter { descriptor in
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = bytes.withUnsafeMutableBytes {
      readlink("/proc/self/fd/\(descriptor)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), 256)
    }
    return count > 0 && isWanted(String(decoding: bytes[..<count], as: UTF8.self))
  }
}
