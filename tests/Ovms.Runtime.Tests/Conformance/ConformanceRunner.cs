using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;

namespace Ovms.Runtime.Tests.Conformance;

/// <summary>How a case ended.</summary>
internal enum ConformanceOutcome
{
    Passed,

    /// <summary>The model was refused because an operation is not implemented: allowed outside tier 1, never a wrong answer.</summary>
    NotSupported,

    /// <summary>Differs where the data holds a defect of OpenVINO's CPU device without the alternative that it should have.</summary>
    Deviates,

    Failed,
}

/// <summary>Outcome of one case, and why.</summary>
internal sealed record ConformanceResult(ConformanceCase Case, ConformanceOutcome Outcome, string? Reason)
{
    public override string ToString() => $"{Case.Id} [{Case.About}] {Outcome}: {Reason}";
}

/// <summary>Runs cases against a backend.</summary>
internal sealed class ConformanceRunner(IInferenceBackend backend)
{
    // Cases whose only expected result is wrong by the operation's specification. A case that passes is never looked up here.
    private static readonly Dictionary<string, string> s_deviations = new(StringComparer.Ordinal)
    {
        ["subtract-007"] = "the device keeps the low 32 bits of i64 values; the full result is right (IR sheet §12.4)",
        ["erfinv-001"] = "the device's value for 0.999 is off by 0.2 %",
    };

    private const string NotSupportedText = "does not support this operation";

    /// <summary>Runs all cases of a folder.</summary>
    public IReadOnlyList<ConformanceResult> RunFolder(string folder) =>
        [.. ConformanceCase.ReadFolder(folder).Select(Run)];

    private ConformanceResult Run(ConformanceCase test)
    {
        InferRequest? request = null;
        try
        {
            using var model = backend.Load(new ModelSource { Path = test.ModelPath });
            if (test.ExpectError)
            {
                return new(test, ConformanceOutcome.Failed, "the model was accepted");
            }

            request = model.CreateRequest();
            for (var i = 0; i < test.Runs.Count; i++)
            {
                if (test.Runs[i].Reset)
                {
                    // A new request begins with fresh state.
                    request.Dispose();
                    request = model.CreateRequest();
                }

                if (RunOnce(model, request, test, test.Runs[i]) is { } reason)
                {
                    return s_deviations.TryGetValue(test.Id, out var deviation)
                        ? new(test, ConformanceOutcome.Deviates, deviation)
                        : new(test, ConformanceOutcome.Failed, test.Runs.Count > 1 ? $"run {i}: {reason}" : reason);
                }
            }

            return new(test, ConformanceOutcome.Passed, null);
        }
        catch (ModelLoadException exception) when (test.ExpectError)
        {
            return new(test, ConformanceOutcome.Passed, exception.Message);
        }
        catch (ModelLoadException exception) when (exception.Message.Contains(NotSupportedText, StringComparison.Ordinal))
        {
            return new(test, ConformanceOutcome.NotSupported, exception.Message);
        }
        catch (Exception exception)
        {
            return new(test, ConformanceOutcome.Failed, exception is ModelLoadException ? exception.Message : exception.ToString());
        }
        finally
        {
            request?.Dispose();
        }
    }

    private static string? RunOnce(CompiledModel model, InferRequest request, ConformanceCase test, ConformanceRun run)
    {
        for (var i = 0; i < run.Inputs.Length; i++)
        {
            var input = run.Inputs[i];
            var declared = model.Signature.Inputs[i];
            if (declared.Type != input.Type || !declared.Shape.Allows(input.Shape))
            {
                return $"input {i} is declared {declared.Type} {declared.Shape}, the case gives {input.Type} {input.Shape}";
            }

            var error = request.TryPrepareInput(i, input.Shape, out var destination);
            if (error != InferenceError.None)
            {
                return $"input {i} {input.Shape}: {error} {request.ErrorText}";
            }

            input.Bytes.Span.CopyTo(destination);
        }

        var result = request.Infer();
        if (result != InferenceError.None)
        {
            return $"{result}: {request.ErrorText}";
        }

        var difference = Compare(model, request, run.Outputs, test.CompareShapeOnly);
        if (difference is not null && run.Alternative is not null)
        {
            var second = Compare(model, request, run.Alternative, test.CompareShapeOnly);
            difference = second is null ? null : $"{difference}; alternative: {second}";
        }

        request.Reset();
        return difference;
    }

    private static string? Compare(CompiledModel model, InferRequest request, ConformanceTensor[] wanted, bool shapeOnly)
    {
        if (model.Signature.Outputs.Count != wanted.Length)
        {
            return $"{model.Signature.Outputs.Count} outputs, expected {wanted.Length}";
        }

        for (var i = 0; i < wanted.Length; i++)
        {
            var output = request.GetOutput(i);
            if (TensorComparer.FindDifference(output.Type, output.Shape, output.Bytes, wanted[i], shapeOnly) is { } difference)
            {
                return $"output {i}: {difference}";
            }
        }

        return null;
    }
}
