import Batch
import Clockwork

/// One node's process, as far as a coordinator has to do with it.
struct VirtualWorker {
  /// One attempt on this node.
  struct Run {
    enum State {
      case waiting
      /// It takes effect, if ever, at a moment within.
      case running(Ending)
    }

    let exchange: Int
    let batch: Int
    /// The coordinator's that sent it.
    let seat: Int
    let index: Int
    let arrivedAt: Instant
    var beganAt = Instant.zero
    var state = State.waiting
    var hasActed = false
  }

  /// How an attempt ends if nothing comes between.
  enum Ending {
    case ok
    case error(AttemptError)
    /// The node finds that it cannot begin the task.
    case unbegun(AttemptError)
    /// The node's process ends with it.
    case nodeDown

    var acts: Bool {
      switch self {
      case .ok, .nodeDown: true
      case .error(let error): error.mayHaveActed
      case .unbegun: false
      }
    }
  }

  let number: Int
  let name: String
  let capacity: Int
  let types: [String]
  var isUp = true
  /// Not only the process is down: nothing answers.
  var isHostGone = false
  /// Raised by each start: what was under way for an earlier process is dropped.
  var life = 1
  /// Cut off from the coordinator.
  var isCut = false
  /// Raised by each cut and each healing.
  var cutRound = 0
  /// Takes no shards: 503.
  var isRefusing = false
  var isDraining = false
  /// So many times as long as others.
  var slowness = 1
  /// By seat: shards of an older life of a coordinator are refused.
  var epochs: [Int: Int] = [:]

  var runs: [Int: Run] = [:]
  /// By coordinator, what waits; they take turns.
  private var lines: [Int: [Int]] = [:]
  private var turn = 0
  private(set) var running = 0

  init(number: Int, capacity: Int, types: [String]) {
    (self.number, self.capacity, self.types) = (number, capacity, types)
    name = "n\(number)"
  }

  var held: Int { runs.count }
  var isReachable: Bool { isUp && !isCut }
  /// More than this it does not take.
  var mostHeld: Int { capacity * 4 + 64 }

  mutating func add(_ run: Run, number: Int) {
    runs[number] = run
    lines[run.seat, default: []].append(number)
  }

  /// The next attempt that may begin.
  mutating func next(_ fault: PlantedBatchFault?) -> Int? {
    guard running < capacity else { return nil }
    let waiting = lines.filter { !$0.value.isEmpty }.keys.sorted()
    let following = fault == .takesSides ? nil : waiting.first { $0 >= turn }
    guard let seat = following ?? waiting.first else { return nil }
    turn = seat + 1
    return lines[seat]?.removeFirst()
  }

  mutating func begin(_ number: Int, _ ending: Ending, at now: Instant) {
    running += 1
    runs[number]?.state = .running(ending)
    runs[number]?.beganAt = now
  }

  /// Takes an attempt out, whatever it is at.
  mutating func remove(_ number: Int) -> Run? {
    guard let run = runs.removeValue(forKey: number) else { return nil }
    if case .running = run.state { running -= 1 } else { lines[run.seat]?.removeAll { $0 == number } }
    return run
  }

  /// The process is gone, and everything in it.
  mutating func die() {
    (isUp, isDraining, isRefusing) = (false, false, false)
    (runs, lines, running, epochs) = ([:], [:], 0, [:])
    life += 1
  }

  /// What it says to a coordinator.
  func report(_ availability: NodeReport.Availability, to seat: Int, _ fault: PlantedBatchFault?) -> NodeReport {
    let prefers = fault == .takesSides && seat == 0
    return NodeReport(
      name: name, availability: isDraining ? .draining : availability, capacity: prefers ? capacity * 2 : capacity,
      load: prefers ? runs.values.count { $0.seat == 0 } : held,
      coordinators: fault == .takesSides ? 0 : Set(runs.values.map(\.seat)).count, taskTypes: types)
  }
}
