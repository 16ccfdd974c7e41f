using Ovms.Runtime.Embedded.Operations.Detection;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: sorting, selection and detection (IR sheet §14.11–§14.15).</summary>
internal static class DetectionOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("TopK", 1, static node => new TopKOperation(node, hasIndexType: false))
        .Add("TopK", 3, static node => new TopKOperation(node, hasIndexType: true))
        .Add("TopK", 11, static node => new TopKOperation(node, hasIndexType: true))
        .Add("NonZero", 3, static node => new NonZeroOperation(node))
        .Add("NonMaxSuppression", 1, static node => new NonMaxSuppressionOperation(node, hasType: false))
        .Add("NonMaxSuppression", 3, static node => new NonMaxSuppressionOperation(node, hasType: true))
        .Add("NonMaxSuppression", 4, static node => new NonMaxSuppressionOperation(node, hasType: true))
        .Add("NonMaxSuppression", 5, static node => new NonMaxSuppressionOperation(node, hasType: true))
        .Add("NonMaxSuppression", 9, static node => new NonMaxSuppressionOperation(node, hasType: true))
        .Add("PriorBox", 1, static node => new PriorBoxOperation(node, hasOrder: false))
        .Add("PriorBox", 8, static node => new PriorBoxOperation(node, hasOrder: true))
        .Add("PriorBoxClustered", 1, static node => new PriorBoxClusteredOperation(node))
        .Add("DetectionOutput", 1, static node => new DetectionOutputOperation(node, hasClasses: true))
        .Add("DetectionOutput", 8, static node => new DetectionOutputOperation(node, hasClasses: false))
        .Add("RegionYolo", 1, static node => new RegionYoloOperation(node))
        .Add("ROIPooling", 1, static node => new RoiPoolingOperation(node))
        .Add("Unique", 10, static node => new UniqueOperation(node))
        .Add("CTCGreedyDecoder", 1, static node => new CtcGreedyDecoderOperation(node, lengths: false))
        .Add("CTCGreedyDecoderSeqLen", 6, static node => new CtcGreedyDecoderOperation(node, lengths: true))
        .Add("CTCLoss", 4, static node => new CtcLossOperation(node))
        .Add("ROIAlign", 3, static node => new RoiAlignOperation(node, hasAlignment: false))
        .Add("ROIAlign", 9, static node => new RoiAlignOperation(node, hasAlignment: true))
        .Add("MulticlassNms", 8, static node => new MulticlassNmsOperation(node))
        .Add("MulticlassNms", 9, static node => new MulticlassNmsOperation(node))
        .Add("MatrixNms", 8, static node => new MatrixNmsOperation(node))
        .Add("NMSRotated", 13, static node => new NonMaxSuppressionOperation(node, hasType: true, rotated: true))
        .Add("NV12toRGB", 8, static node => new YuvOperation(node, interleaved: true, blueFirst: false))
        .Add("NV12toBGR", 8, static node => new YuvOperation(node, interleaved: true, blueFirst: true))
        .Add("I420toRGB", 8, static node => new YuvOperation(node, interleaved: false, blueFirst: false))
        .Add("I420toBGR", 8, static node => new YuvOperation(node, interleaved: false, blueFirst: true))
        .Add("PSROIPooling", 1, static node => new PsRoiPoolingOperation(node))
        .Add("DeformablePSROIPooling", 1, static node => new DeformablePsRoiPoolingOperation(node))
        .Add("ExperimentalDetectronROIFeatureExtractor", 6, static node => new DetectronRoiFeatureOperation(node))
        .Add("ExperimentalDetectronTopKROIs", 6, static node => new DetectronTopKRoisOperation(node))
        .Add("ExperimentalDetectronPriorGridGenerator", 6, static node => new DetectronPriorGridOperation(node))
        .Add("Proposal", 1, static node => new ProposalOperation(node))
        .Add("Proposal", 4, static node => new ProposalOperation(node))
        .Add("GenerateProposals", 9, static node => new GenerateProposalsOperation(node, single: false))
        .Add("ExperimentalDetectronGenerateProposalsSingleImage", 6, static node => new GenerateProposalsOperation(node, single: true))
        .Add("ExperimentalDetectronDetectionOutput", 6, static node => new DetectronDetectionOutputOperation(node))
        .Add("ROIAlignRotated", 15, static node => new RoiAlignRotatedOperation(node));
}
