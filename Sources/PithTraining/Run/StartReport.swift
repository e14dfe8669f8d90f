/// What the checks before a run have found.
public struct StartReport: Sendable {
  /// How a handful of images was learned by heart.
  public struct Handful: Sendable, Hashable {
    public let images: Int
    public let steps: Int
    /// Of the last step, without regularisation.
    public let loss: Double
    /// Images that the last step found right.
    public let correct: Int
    /// False when there was no time to find out.
    public let isConclusive: Bool

    /// Whether all images are right, or the loss is less than a tenth of guessing.
    func succeeds(guessing: Double) -> Bool { correct == images || loss < 0.1 * guessing }
  }

  /// The mean loss of the first batch without regularisation, and what regularisation adds.
  public let initialLoss: Double
  public let penalty: Double
  /// The loss of a network that finds all classes equally likely: `ln(classes)`, or for the hinge loss `classes - 1`.
  public let guessingLoss: Double
  public let handful: Handful
  public let range: RateRange
  /// The sizes of signals and gradients before the first step.
  public let layers: [LayerStatistics]
  public let diagnoses: [Diagnosis]
}
