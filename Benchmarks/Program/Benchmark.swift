import Glibc

/// Our side of the benchmarks, through the public library alone. Prints one line of JSON.
@main enum Benchmark {
  static func main() async throws {
    let words = Array(CommandLine.arguments.dropFirst())
    switch (words.first, words.count) {
    case ("fetch", 4):
      guard let connections = Int(words[2]), let seconds = Double(words[3]) else { usage() }
      print(try await Fetch.run(words[1], connections: connections, seconds: seconds).line)
    case ("spawn", 2):
      guard let count = Int(words[1]) else { usage() }
      print(try await Spawn.run(count))
    case ("park", 2):
      guard let count = Int(words[1]) else { usage() }
      print(try await Park.run(count))
    default: usage()
    }
  }

  private static func usage() -> Never {
    let text = Array("usage: Benchmark fetch URL CONNECTIONS SECONDS, Benchmark spawn|park COUNT\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(2)
  }
}
