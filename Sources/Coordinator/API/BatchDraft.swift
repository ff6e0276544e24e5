import Batch
import Clockwork
import JSON

/// A batch that is being submitted: its tasks go straight into the journal.
///
/// Guarded by: the loop's thread.
final class BatchDraft {
  let id: UUIDv7
  let journal: BatchJournal
  let tasks: TaskDraft
  var name: String?
  var callbackURL: String?
  /// What its tasks are made of; nil where they are submitted.
  var joining: (template: JSONValue, take: [String])? { didSet { tasks.mayBeEmpty = joining != nil } }
  /// Whether more tasks may come later; then it may begin without any.
  var isOpen = false { didSet { tasks.mayBeEmpty = isOpen } }

  init(id: UUIDv7, journal: BatchJournal) {
    (self.id, self.journal) = (id, journal)
    tasks = TaskDraft { journal.appendTask($0) }
  }
}
