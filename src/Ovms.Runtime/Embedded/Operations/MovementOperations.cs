using Ovms.Runtime.Embedded.Operations.Movement;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Shape manipulation and data movement (IR sheet §13.8, §14.9).</summary>
internal static class MovementOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("Reshape", 1, ReshapeOperation.Reshape)
        .Add("Squeeze", 1, ReshapeOperation.Squeeze)
        .Add("Squeeze", 15, ReshapeOperation.Squeeze)
        .Add("Unsqueeze", 1, ReshapeOperation.Unsqueeze)
        .Add("ShapeOf", 1, static node => new ShapeOfOperation(node, hasType: false))
        .Add("ShapeOf", 3, static node => new ShapeOfOperation(node, hasType: true))
        .Add("Transpose", 1, static node => new TransposeOperation(node))
        .Add("Concat", 1, static node => new ConcatOperation(node))
        .Add("Split", 1, static node => new SplitOperation(node, variadic: false))
        .Add("VariadicSplit", 1, static node => new SplitOperation(node, variadic: true))
        .Add("StridedSlice", 1, static node => new StridedSliceOperation(node))
        .Add("Slice", 8, static node => new SliceOperation(node, scatter: false))
        .Add("SliceScatter", 15, static node => new SliceOperation(node, scatter: true))
        .Add("Pad", 1, static node => new PadOperation(node, crops: false))
        .Add("Pad", 12, static node => new PadOperation(node, crops: true))
        .Add("Tile", 1, static node => new TileOperation(node))
        .Add("Broadcast", 1, static node => new BroadcastOperation(node, allowBidirectional: false))
        .Add("Broadcast", 3, static node => new BroadcastOperation(node, allowBidirectional: true))
        .Add("Gather", 1, static node => new GatherOperation(node, 1))
        .Add("Gather", 7, static node => new GatherOperation(node, 7))
        .Add("Gather", 8, static node => new GatherOperation(node, 8))
        .Add("GatherElements", 6, static node => new GatherElementsOperation(node))
        .Add("GatherND", 5, static node => new GatherNDOperation(node, meltsBatch: true))
        .Add("GatherND", 8, static node => new GatherNDOperation(node, meltsBatch: false))
        .Add("GatherTree", 1, static node => new GatherTreeOperation(node))
        .Add("ScatterUpdate", 3, static node => new ScatterUpdateOperation(node))
        .Add("ScatterElementsUpdate", 3, static node => new ScatterElementsOperation(node, reduces: false))
        .Add("ScatterElementsUpdate", 12, static node => new ScatterElementsOperation(node, reduces: true))
        .Add("ScatterNDUpdate", 4, static node => new ScatterNDOperation(node, reduces: false))
        .Add("ScatterNDUpdate", 15, static node => new ScatterNDOperation(node, reduces: true))
        .Add("Reverse", 1, static node => new ReverseOperation(node))
        .Add("ReverseSequence", 1, static node => new ReverseSequenceOperation(node))
        .Add("Roll", 7, static node => new RollOperation(node))
        .Add("DepthToSpace", 1, static node => new BlockOperation(node, toSpace: true))
        .Add("SpaceToDepth", 1, static node => new BlockOperation(node, toSpace: false))
        .Add("BatchToSpace", 2, static node => new BatchSpaceOperation(node, toSpace: true))
        .Add("SpaceToBatch", 2, static node => new BatchSpaceOperation(node, toSpace: false))
        .Add("ShuffleChannels", 1, static node => new ShuffleChannelsOperation(node))
        .Add("ReorgYolo", 1, static node => new ReorgYoloOperation(node))
        .Add("ExtractImagePatches", 3, static node => new ExtractImagePatchesOperation(node))
        .Add("Col2Im", 15, static node => new Col2ImOperation(node))
        .Add("Eye", 9, static node => new EyeOperation(node))
        .Add("OneHot", 1, static node => new OneHotOperation(node, hasMode: false))
        .Add("OneHot", 16, static node => new OneHotOperation(node, hasMode: true));
}
