using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Memory;

namespace Ovms.Runtime.Embedded;

/// <summary>One operation run outside of a plan's arena: constants, values computed while planning, and steps whose shapes depend on data.</summary>
internal static class SingleStep
{
    /// <summary>Infers; sizes that overflow become an error of the layer.</summary>
    public static bool TryInfer(Operation operation, OperationContext context)
    {
        try
        {
            return operation.Infer(context);
        }
        catch (Exception exception) when (exception is OverflowException or MissingPortException)
        {
            throw operation.Node.Error(exception.Message);
        }
    }

    /// <summary>Frees what an operation kept between Infer and Run of a context that is not used again.</summary>
    public static void Release(OperationContext context)
    {
        (context.RunState as IDisposable)?.Dispose();
        context.RunState = null;
    }

    /// <summary>Prepares and runs, with scratch memory of its own. Inputs have data, outputs have memory.</summary>
    public static void Execute(Operation operation, OperationContext context)
    {
        if (operation.AliasedInput is >= 0 and var aliased)
        {
            context.Input(aliased).Bytes.CopyTo(context.Output(0).Bytes);
            return;
        }

        operation.Prepare(context);
        TensorMemory? scratch = null;
        try
        {
            if (context.ScratchBytes > 0)
            {
                scratch = TensorMemory.Allocate(context.ScratchBytes);
                context.AttachScratch(scratch, 0);
            }

            operation.Run(context);
        }
        finally
        {
            context.AttachScratch(null, 0);
            scratch?.Dispose();
        }
    }

    /// <summary>Converts all elements.</summary>
    public static void Convert(TensorValue source, TensorValue destination) =>
        ElementConversion.Convert(source.Type, source.Bytes, destination.Type, destination.Bytes, source.Count);
}
