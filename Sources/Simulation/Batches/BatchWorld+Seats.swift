import Batch
import Clockwork

/// Several coordinators side by side: each has a disk and batches of its own, and all send to the same nodes. What
/// happens is about one of them at a time; the others do not notice.
extension BatchWorld {
  /// One coordinator's place.
  struct Seat {
    /// Nil while no process runs.
    var coordinator: VirtualCoordinator?
    var disk = VirtualDisk()
    /// By how much its clock goes wrong, in millionths.
    var gain: Int64 = 0
    /// The number of its latest process, among those of all.
    var life = 0
  }

  var coordinator: VirtualCoordinator? {
    _read { yield seats[present].coordinator }
    _modify { yield &seats[present].coordinator }
  }

  var disk: VirtualDisk {
    _read { yield seats[present].disk }
    _modify { yield &seats[present].disk }
  }

  mutating func sit(_ seat: Int) {
    present = seat
    checkers.present = seat
  }

  func seat(ofLife life: Int) -> Int { seatOfLife[life - 1] }

  /// Whom it is about; nil for nobody in particular.
  func seat(of event: Event) -> Int? {
    switch event {
    case .submit(let batch), .answered(let batch, _), .cancel(let batch): batches[batch].seat
    case .cancelAnswered(_, let life), .wake(let life, _), .committed(let life), .retryDisk(let life),
      .leaveDeadline(_, let life), .asked(_, let life), .answersHeld(_, let life, _), .takeoverEnds(let life, _),
      .poll(_, let life), .report(_, let life, _):
      seat(ofLife: life)
    case .cancelArrives(let number, _, _), .cancelFails(let number, _, _), .delivered(let number),
      .arrival(let number, _, _), .late(let number, _), .breaks(let number, _, _), .silence(let number, _, _),
      .attach(let number, _), .attachFails(let number, _, _), .letsGo(let number, _):
      exchanges[number].map { seat(ofLife: $0.life) }
    case .step, .acts, .finishes, .wakesUp, .leave, .comesBack, .calm, .quiet, .over: nil
    }
  }

  /// Looks whether the present coordinator waits for room.
  mutating func lookForHunger() {
    guard seats.count > 1, let coordinator else { return }
    let isHungry = coordinator.batches.contains {
      coordinator.scheduler.progress(of: $0.key)?.waitingFor == .capacity
    }
    checkers.fairness.look(present, isHungry: isHungry, at: now)
  }
}
