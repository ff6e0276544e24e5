import Swim

/// In the end all that run hold exactly each other alive, at the same address, incarnation and meta.
struct ConvergenceChecker {
  private(set) var failures: [Report.Failure] = []

  mutating func check(_ nodes: [VirtualNode]) {
    let running = nodes.filter { $0.condition == .running }
    for observer in running {
      for subject in nodes where subject.number != observer.number {
        check(observer.machine.member(named: subject.name), of: subject, by: observer)
      }
    }
  }

  private mutating func check(_ seen: Member?, of subject: VirtualNode, by observer: VirtualNode) {
    guard subject.condition == .running else {
      if let seen, seen.state == .alive || seen.state == .suspect {
        fail("\(observer.name) holds \(subject.name) \(seen.state), but it is gone")
      }
      return
    }
    let truth = subject.machine.me
    guard let seen else { return fail("\(observer.name) does not know \(subject.name)") }
    if seen.state != .alive { fail("\(observer.name) holds \(subject.name) \(seen.state), but it runs") }
    if seen.address != truth.address {
      fail("\(observer.name) holds \(subject.name) at \(seen.address), but it runs at \(truth.address)")
    }
    if seen.incarnation != truth.incarnation || seen.meta != truth.meta {
      fail("\(observer.name) holds \(subject.name) at incarnation \(seen.incarnation), not \(truth.incarnation)")
    }
  }

  private mutating func fail(_ text: String) { failures.append(Report.Failure(checker: "convergence", text: text)) }
}
