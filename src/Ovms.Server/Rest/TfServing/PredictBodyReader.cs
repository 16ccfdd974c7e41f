using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Rest.TfServing;

/// <summary>Reads a predict body in row or column format into <see cref="PredictInputs"/> while it arrives (W§3.3).</summary>
/// <remarks>
/// A body that is not JSON is reported as such even when its first part broke another rule, as upstream parses the whole text first; so the
/// first broken rule is kept in <see cref="_fault"/> and reading goes on, checking syntax only. Keys may come in any order.
/// </remarks>
internal sealed partial class PredictBodyReader : JsonPushReader
{
    private const int MaxNameBytes = 4096;

    private readonly PredictInputs _inputs;
    private byte[] _name = new byte[64];
    private int _nameLength;
    private Section _section;
    private Form _form;
    private Binary _binary;
    private Binary _candidate;
    private Base64Checker _base64;
    private ServingStatus _fault;
    private JsonTensor? _current;
    private long _members;
    private long _instance;
    private bool _readsName;
    private bool _isActive;
    private bool _rootIsObject;
    private bool _sawRows;
    private bool _sawColumns;

    public PredictBodyReader(PredictInputs inputs)
    {
        _inputs = inputs;
    }

    private enum Section : byte
    {
        None,
        Rows,
        Columns,
    }

    private enum Form : byte
    {
        Undetermined,
        Named,
        Unnamed,
    }

    // Progress through {"b64": "…"}.
    private enum Binary : byte
    {
        None,
        Opened,
        Named,
        HasValue,
    }

    /// <summary>True for row format: the answer has the key <c>predictions</c>.</summary>
    public bool IsRowFormat => _sawRows;

    /// <summary>Begins a body for <paramref name="servable"/>.</summary>
    /// <param name="bodyLength">Declared length, 0 when unknown.</param>
    public void Begin(ServableVersion servable, long bodyLength)
    {
        ResetReader();
        _inputs.Begin(servable, bodyLength);
        (_section, _form, _binary, _candidate, _base64, _fault, _current) = (default, default, default, default, default, default, null);
        (_members, _instance, _isActive, _rootIsObject, _sawRows, _sawColumns) = (0, 0, false, false, false, false);
    }

    /// <summary>Ends the body: the verdict in upstream's order.</summary>
    public ServingFault Finish()
    {
        if (!End())
        {
            return Error == JsonError.DepthExceeded
                ? new ServingFault(ServingStatus.JsonNestingDepthExceeded)
                : new ServingFault(ServingStatus.JsonInvalid, $"Error: {JsonErrors.Text(Error)} Offset: {ErrorOffset}");
        }

        var status = !_rootIsObject ? ServingStatus.RestBodyIsNotAnObject : _sawRows == _sawColumns ? ServingStatus.RestPredictUnknownOrder : _fault;
        if (status != ServingStatus.Ok)
        {
            return new ServingFault(status);
        }

        _inputs.Finish();
        return ServingFault.None;
    }

    /// <inheritdoc/>
    protected override void OnStartObject()
    {
        if (Depth == 1)
        {
            _rootIsObject = true;
            return;
        }

        if (!_isActive)
        {
            return;
        }

        if (Depth == 2)
        {
            BeginInputsObject();
            return;
        }

        ResolveCandidate();
        if (_section == Section.Rows && Depth == 3 && _form != Form.Unnamed)
        {
            _members = 0;
            if (_form == Form.Undetermined)
            {
                // Its members tell whether it is named inputs or one binary value.
                _candidate = Binary.Opened;
            }
            else
            {
                _instance++;
            }

            return;
        }

        if (_binary != Binary.None)
        {
            FailValue();
            return;
        }

        _binary = Binary.Opened;
        RunTarget = null;
    }

    /// <inheritdoc/>
    protected override void OnEndObject()
    {
        if (!_isActive)
        {
            return;
        }

        if (_binary != Binary.None)
        {
            EndBinary();
        }
        else if (_candidate != Binary.None)
        {
            EndCandidate();
        }
        else if (_members == 0)
        {
            Fail(_section == Section.Rows ? ServingStatus.RestCouldNotParseInstance : ServingStatus.RestNoInputsFound);
        }

        if (Depth == 1)
        {
            EndSection();
        }
    }

    /// <inheritdoc/>
    protected override void OnStartArray()
    {
        if (!_isActive)
        {
            return;
        }

        ResolveCandidate();
        if (Depth == 2)
        {
            if (_section == Section.Columns)
            {
                BeginUnnamed();
            }

            return;
        }

        if (TryEnterElement(Form.Unnamed))
        {
            BeginArray();
        }
    }

    /// <inheritdoc/>
    protected override void OnEndArray()
    {
        if (!_isActive)
        {
            return;
        }

        if (Depth == 1 && _section == Section.Rows && _form == Form.Undetermined)
        {
            Fail(ServingStatus.RestNoInstancesFound);
        }
        else if (Depth == 1 && _section == Section.Rows && _form == Form.Named)
        {
            if (!_inputs.HaveEqualBatches())
            {
                Fail(ServingStatus.RestInstancesBatchSizeDiffer);
            }
        }
        else if (!_current!.EndArray()) // every other array is one of the current tensor
        {
            FailValue();
        }
        else
        {
            EndValueIfComplete();
        }

        if (Depth == 1)
        {
            EndSection();
        }
    }

    /// <inheritdoc/>
    protected override void OnNumber(in JsonNumber number)
    {
        if (Depth == 1 && _isActive && _section == Section.Columns && _inputs.Declared.Count == 1)
        {
            BeginUnnamedScalar();
        }

        if (TryEnterElement(Form.Unnamed))
        {
            EndElement(_current!.AddNumber(number)); // TryEnterElement says that there is one
        }
    }

    /// <inheritdoc/>
    protected override void OnLiteral(bool? value)
    {
        if (TryEnterElement(value is not null && IsSingleBoolean() ? Form.Unnamed : Form.Undetermined))
        {
            EndElement(value is { } boolean && _current!.AddBoolean(boolean)); // as above
        }
    }

    /// <inheritdoc/>
    protected override void OnRunRefused() => FailValue();

    private bool IsSingleBoolean() =>
        _isActive && _inputs.Declared.Count == 1 && _inputs.Declared[0].Descriptor.Type == Runtime.Tensors.ElementType.Boolean;

    private void BeginInputsObject()
    {
        if (_section == Section.Rows)
        {
            Fail(ServingStatus.RestInstancesNotAnArray);
            return;
        }

        _members = 0;
        if (_inputs.Declared.Count == 1 && _inputs.Find("b64"u8) < 0)
        {
            // May be the one input as binary data, as TF Serving takes it.
            _candidate = Binary.Opened;
        }
        else
        {
            _form = Form.Named;
        }
    }

    // Decides where a value that is no object stands. False when it is not to be looked at: skipped, or a fault was noted.
    private bool TryEnterElement(Form formOfFirst)
    {
        if (!_isActive)
        {
            return false;
        }

        ResolveCandidate();
        if (Depth == 1)
        {
            if (_current is null)
            {
                Fail(_section == Section.Rows ? ServingStatus.RestInstancesNotAnArray : ServingStatus.RestInputsNotAnObject);
            }

            return _isActive;
        }

        // Depth of the container: OnStartArray counts its own array already.
        if (_section == Section.Rows && _form != Form.Unnamed && _current is null)
        {
            if (_form == Form.Named)
            {
                Fail(ServingStatus.RestNamedInstanceNotAnObject);
            }
            else if (formOfFirst == Form.Undetermined)
            {
                Fail(ServingStatus.RestInstancesNotNamedOrNonamed);
            }
            else
            {
                BeginUnnamed();
            }
        }

        if (_isActive && _binary != Binary.None)
        {
            FailValue();
        }

        return _isActive;
    }

    private void BeginUnnamed()
    {
        if (TryBeginSingle())
        {
            BeginArray();
        }
    }

    private void BeginUnnamedScalar()
    {
        if (TryBeginSingle())
        {
            RunTarget = null;
        }
    }

    private bool TryBeginSingle()
    {
        _form = Form.Unnamed;
        var count = _inputs.Declared.Count;
        if (count != 1)
        {
            Fail(count == 0 ? ServingStatus.RestInputNotPreallocated : ServingStatus.InvalidInputFormat);
            return false;
        }

        _current = _inputs.TryBeginValue(0, 0);
        return _current is not null;
    }

    private void BeginArray()
    {
        if (_current!.BeginArray()) // callers have a tensor
        {
            RunTarget = _current;
        }
        else
        {
            FailValue();
        }
    }

    private void EndElement(bool isElement)
    {
        if (isElement)
        {
            EndValueIfComplete();
        }
        else
        {
            FailValue();
        }
    }

    private void EndValueIfComplete()
    {
        if (_form == Form.Named && _current!.IsValueComplete)
        {
            _current = null;
            RunTarget = null;
        }

        if (Depth == 1 && _form == Form.Unnamed && _section == Section.Columns)
        {
            EndSection();
        }
    }

    private void EndSection()
    {
        _isActive = false;
        _current = null;
        RunTarget = null;
    }

    private void FailValue() => Fail(_section == Section.Rows ? ServingStatus.RestCouldNotParseInstance : ServingStatus.RestCouldNotParseInput);

    private void Fail(ServingStatus status)
    {
        if (_fault == ServingStatus.Ok)
        {
            _fault = status;
        }

        EndSection();
    }
}
