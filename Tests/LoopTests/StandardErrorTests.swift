import Glibc
import Testing

@testable import Loop

@Suite("Standard error") struct StandardErrorTests {
  /// What can be read from a descriptor without waiting.
  private func read(_ descriptor: Int32) -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&ready, 1, 0) == 1 {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      text += buffer[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  @Test("a reader that stalls stops nobody: lines are dropped, and the next one that it gets says how many")
  func stalledReader() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let standardError = StandardError(ends[1])
    let line = Array(String(repeating: "x", count: 999).utf8) + [0x0a]
    for _ in 0..<1000 { standardError.write(line) }
    let before = read(ends[0])
    let written = before.split(separator: "\n").count
    #expect(written > 10 && written < 1000)
    standardError.write(Array("back\n".utf8))
    #expect(read(ends[0]) == "\(1000 - written) log lines were dropped here: nobody read them\nback\n")
  }

  @Test("a line larger than a pipe is written whole to one who reads")
  func longLine() async throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    let line = [UInt8](repeating: 0x61, count: 300_000) + [0x0a]
    async let text = Self.readAll(reading)
    StandardError(writing).write(line)
    close(writing)
    #expect(await text == line)
  }

  @concurrent
  private static func readAll(_ descriptor: Int32) async -> [UInt8] {
    var (text, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      text += buffer[..<count]
    }
    close(descriptor)
    return text
  }
}
