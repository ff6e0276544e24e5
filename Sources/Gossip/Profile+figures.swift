import Swim

extension ClusterOptions.Profile {
  /// The machine's figures for this profile.
  ///
  /// - Parameter wrappingBytes: what each datagram grows by on its way out.
  func figures(wrappingBytes: Int = 0) -> Swim.Configuration {
    var figures: Swim.Configuration =
      switch self {
      case .lan: .lan.asRun
      case .wan: .wan.asRun
      case .local: .local.asRun
      }
    figures.wrappingBytes = wrappingBytes
    return figures
  }
}
