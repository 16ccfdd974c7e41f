namespace Ovms.Runtime.Tests.Conformance;

/// <summary>The tier of every operation (IR sheet §13): 1 CNNs, MLPs and detectors; 2 transformers, recurrent and stateful models; 3 the
/// rest. Folders that hold small graphs have no tier.</summary>
internal static class ConformanceTiers
{
    private const string Tier1 = """
        Abs AdaptiveAvgPool AdaptiveMaxPool Add AvgPool BatchNormInference Broadcast Ceiling Clamp Concat Convert ConvertLike
        Convolution ConvolutionBackpropData DepthToSpace DetectionOutput Divide Elu Erf Exp FakeQuantize Floor FloorMod GRN
        Gather GroupConvolution GroupConvolutionBackpropData GroupNormalization HSigmoid HSwish HardSigmoid Interpolate LRN Log
        LogSoftmax MVN MatMul MaxPool Maximum Minimum Mish Mod Multiply Negative NonMaxSuppression NormalizeL2 PReLU Pad Power
        PriorBox PriorBoxClustered ROIPooling ReLU ReduceL1 ReduceL2 ReduceLogicalAnd ReduceLogicalOr ReduceMax ReduceMean
        ReduceMin ReduceProd ReduceSum RegionYolo ReorgYolo Reshape Round Selu ShapeOf ShuffleChannels Sigmoid Sign Slice
        SoftMax SoftPlus SoftSign SpaceToDepth Split Sqrt SquaredDifference Squeeze StridedSlice Subtract Swish Tanh Tile TopK
        Transpose Unsqueeze VariadicSplit
        """;

    private const string Tier2 = """
        BatchToSpace ConvertPromoteTypes Cos CumSum Einsum Equal Eye GRUCell GRUSequence GatherElements GatherND Gelu Greater
        GreaterEqual Identity If IsFinite IsInf IsNaN LSTMCell LSTMSequence Less LessEqual LogicalAnd LogicalNot LogicalOr
        LogicalXor Loop NonZero NotEqual OneHot RNNCell RNNSequence Range ReadValue Reverse ReverseSequence Roll
        ScaledDotProductAttention ScatterElementsUpdate ScatterNDUpdate ScatterUpdate Select Sin SpaceToBatch TensorIterator
        """;

    private const string Tier3 = """
        Acos Acosh Asin Asinh Atan Atanh BinaryConvolution BitwiseAnd BitwiseLeftShift BitwiseNot BitwiseOr BitwiseRightShift
        BitwiseXor Bucketize CTCGreedyDecoder CTCGreedyDecoderSeqLen CTCLoss Col2Im Cosh DFT DeformableConvolution
        DeformablePSROIPooling EmbeddingBagOffsets EmbeddingBagOffsetsSum EmbeddingBagPacked EmbeddingBagPackedSum
        EmbeddingSegmentsSum ErfInv ExperimentalDetectronDetectionOutput ExperimentalDetectronGenerateProposalsSingleImage
        ExperimentalDetectronPriorGridGenerator ExperimentalDetectronROIFeatureExtractor ExperimentalDetectronTopKROIs
        ExtractImagePatches FakeConvert GatherTree GenerateProposals GridSample I420toBGR I420toRGB IDFT IRDFT ISTFT Inverse
        MatrixNms MulticlassNms Multinomial NMSRotated NV12toBGR NV12toRGB PSROIPooling Proposal RDFT ROIAlign ROIAlignRotated
        RandomUniform STFT SearchSorted SegmentMax Sinh SliceScatter SparseFillEmptyRows Tan Unique Xor
        """;

    private static readonly Dictionary<string, int> s_tiers = Read();

    /// <summary>1 to 3, or 0 for folders of graphs.</summary>
    public static int Of(string folder) => s_tiers.GetValueOrDefault(folder);

    private static Dictionary<string, int> Read()
    {
        var tiers = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] lists = [Tier1, Tier2, Tier3];
        for (var i = 0; i < lists.Length; i++)
        {
            foreach (var name in lists[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                tiers.Add(name, i + 1);
            }
        }

        return tiers;
    }
}
