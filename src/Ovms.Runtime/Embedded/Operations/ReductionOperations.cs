using Ovms.Runtime.Embedded.Operations.Reductions;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Reductions, scans, softmax, searches in sorted data and generators (IR sheet §13.7, §14.8).</summary>
internal static class ReductionOperations
{
    public static void Register(OperationRegistry registry)
    {
        registry
            .Add("ReduceSum", 1, Numbers<ReduceOps.Sum>)
            .Add("ReduceMean", 1, Numbers<ReduceOps.Mean>)
            .Add("ReduceMax", 1, Numbers<ReduceOps.Max>)
            .Add("ReduceMin", 1, Numbers<ReduceOps.Min>)
            .Add("ReduceProd", 1, Numbers<ReduceOps.Prod>)
            .Add("ReduceL1", 4, Numbers<ReduceOps.L1>)
            .Add("ReduceL2", 4, Numbers<ReduceOps.L2>)
            .Add("ReduceLogicalAnd", 1, static node => new ReduceOperation(node, ReduceKernel.ForBoolean<ReduceOps.LogicalAnd>))
            .Add("ReduceLogicalOr", 1, static node => new ReduceOperation(node, ReduceKernel.ForBoolean<ReduceOps.LogicalOr>))
            .Add("SoftMax", 1, static node => new SoftmaxOperation(node, isLog: false, allowNegative: false))
            .Add("SoftMax", 8, static node => new SoftmaxOperation(node, isLog: false, allowNegative: true))
            .Add("LogSoftmax", 5, static node => new SoftmaxOperation(node, isLog: true, allowNegative: true))
            .Add("CumSum", 3, static node => new CumSumOperation(node))
            .Add("Range", 1, static node => new RangeOperation(node, hasOutputType: false))
            .Add("Range", 4, static node => new RangeOperation(node, hasOutputType: true))
            .Add("SearchSorted", 15, static node => new SortedSearchOperation(node, isBucketize: false))
            .Add("Bucketize", 3, static node => new SortedSearchOperation(node, isBucketize: true))
            .Add("SegmentMax", 16, static node => new SegmentMaxOperation(node))
            .Add("RandomUniform", 8, static node => new RandomUniformOperation(node))
            .Add("Multinomial", 13, static node => new MultinomialOperation(node));
    }

    private static ReduceOperation Numbers<TOp>(GraphNode node)
        where TOp : struct, IReduceOp => new(node, ReduceKernel.ForNumbers<TOp>);
}
