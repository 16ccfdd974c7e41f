using System.Diagnostics;
using System.Text;
using Ovms.Runtime.Inference;

namespace Ovms.Server.Dispatch;

/// <summary>One loaded version of a model, as requests see it. Immutable but for its lease count; lives until its last lease is returned.</summary>
/// <remarks>Made with one lease, that of <see cref="ModelRegistry"/>. When the count reaches zero the infer requests and the model are
/// freed, on the thread that returned the last lease, and no new lease is given.</remarks>
internal sealed class ServableVersion
{
    private readonly CompiledModel _model;
    private readonly Action? _released;

    // Any thread, Interlocked.
    private int _leases = 1;

    /// <summary>Takes ownership of a loaded model.</summary>
    /// <param name="modelName">Name that clients use.</param>
    /// <param name="version">Version number, &gt; 0.</param>
    /// <param name="model">The model; disposed with the last lease.</param>
    /// <param name="signature">The model's signature with the names and layouts that clients see; null for the model's own.</param>
    /// <param name="requestCount">Infer requests (<c>nireq</c>); 0 for as many as the backend asks for.</param>
    /// <param name="released">Called once, after everything was freed.</param>
    /// <param name="maxWaiting">Calls that may wait for an infer request.</param>
    public ServableVersion(
        string modelName,
        long version,
        CompiledModel model,
        ModelSignature? signature = null,
        int requestCount = 0,
        Action? released = null,
        int maxWaiting = InferRequestQueue.DefaultMaxWaiting)
    {
        (ModelName, Version, _model, _released) = (modelName, version, model, released);
        Signature = signature ?? model.Signature;
        Inputs = Sorted(Signature.Inputs);
        Outputs = Sorted(Signature.Outputs);
        Requests = new InferRequestQueue(model, requestCount > 0 ? requestCount : Math.Max(model.OptimalRequestCount, 1), maxWaiting);
    }

    /// <summary>Model name.</summary>
    public string ModelName { get; }

    /// <summary>Version number, &gt; 0.</summary>
    public long Version { get; }

    /// <summary>Inputs and outputs in the model's order.</summary>
    public ModelSignature Signature { get; }

    /// <summary>Inputs in ascending byte order of their names: the order of validation (W§1.5).</summary>
    public IReadOnlyList<ServableTensor> Inputs { get; }

    /// <summary>Outputs in ascending byte order of their names: the order of answers.</summary>
    public IReadOnlyList<ServableTensor> Outputs { get; }

    /// <summary>The infer requests.</summary>
    internal InferRequestQueue Requests { get; }

    /// <summary>Name of the backend that runs it.</summary>
    internal string BackendName => _model.BackendName;

    /// <summary>Takes one more lease.</summary>
    /// <returns>False when the last one has been returned: the version is gone, look again.</returns>
    internal bool TryLease()
    {
        var leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    /// <summary>Returns a lease; the last one frees everything.</summary>
    internal void ReleaseLease()
    {
        var leases = Interlocked.Decrement(ref _leases);
        Debug.Assert(leases >= 0, "a lease was returned twice");
        if (leases == 0)
        {
            Requests.Dispose();
            _model.Dispose();
            _released?.Invoke();
        }
    }

    private static ServableTensor[] Sorted(IReadOnlyList<TensorDescriptor> descriptors)
    {
        var tensors = new List<ServableTensor>(descriptors.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var descriptor in descriptors)
        {
            // Two results of one tensor have its name both: clients see it once.
            if (names.Add(descriptor.Name))
            {
                tensors.Add(new ServableTensor(descriptor, Encoding.UTF8.GetBytes(descriptor.Name), TensorLayout.BatchAxisOf(descriptor)));
            }
        }

        tensors.Sort(static (a, b) => a.NameUtf8.AsSpan().SequenceCompareTo(b.NameUtf8));
        return [.. tensors];
    }
}

/// <summary>A declared tensor with what requests need of it precomputed.</summary>
/// <param name="Descriptor">Type, shape, index in the model.</param>
/// <param name="NameUtf8">Name as bytes on the wire.</param>
/// <param name="BatchAxis">Position of <c>N</c> in the layout, −1 without one; 0 when no layout is known and the rank is above 0 (W§1.5).</param>
internal sealed record ServableTensor(TensorDescriptor Descriptor, byte[] NameUtf8, int BatchAxis);
