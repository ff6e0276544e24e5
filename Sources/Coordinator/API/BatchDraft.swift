import Batch
import Clockwork

/// A batch that is being submitted: its tasks go straight into the journal.
///
/// Guarded by: the loop's thread.
final class BatchDraft {
  let id: UUIDv7
  let journal: BatchJournal
  let tasks: TaskDraft
  var name: String?
  var callbackURL: String?
  /// Whether more tasks may come later; then it may begin without any.
  var isOpen = false { didSet { tasks.mayBeEmpty = isOpen } }

  init(id: UUIDv7, journal: BatchJournal) {
    (self.id, self.journal) = (id, journal)
    tasks = TaskDraft { journal.appendTask($0) }
  }
}
