using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest.TfServing;

// Names, strings and binary values.
internal sealed partial class PredictBodyReader
{
    /// <inheritdoc/>
    protected override void OnStartString(bool isName)
    {
        _readsName = isName;
        _nameLength = 0;
        _base64 = default;
    }

    /// <inheritdoc/>
    protected override void OnStringBytes(ReadOnlySpan<byte> bytes)
    {
        if (!_readsName)
        {
            if (_binary == Binary.Named || _candidate == Binary.Named)
            {
                _base64.Add(bytes);
            }

            return;
        }

        if (_nameLength > MaxNameBytes || bytes.Length > MaxNameBytes - _nameLength)
        {
            // Longer than any name that is kept: matches nothing.
            _nameLength = MaxNameBytes + 1;
            return;
        }

        if (bytes.Length > _name.Length - _nameLength)
        {
            Array.Resize(ref _name, Math.Max(2 * _name.Length, _nameLength + bytes.Length));
        }

        bytes.CopyTo(_name.AsSpan(_nameLength));
        _nameLength += bytes.Length;
    }

    /// <inheritdoc/>
    protected override void OnEndString(bool isName)
    {
        if (isName)
        {
            OnName(_nameLength > MaxNameBytes ? "\0"u8 : _name.AsSpan(0, _nameLength));
            return;
        }

        if (!_isActive)
        {
            return;
        }

        if (_candidate == Binary.Named)
        {
            _candidate = Binary.HasValue;
        }
        else if (_binary == Binary.Named)
        {
            _binary = Binary.HasValue;
        }
        else if (TryEnterElement(Form.Unnamed))
        {
            EndElement(_current!.AddString(isBinary: false)); // TryEnterElement says that there is one
        }
    }

    private void OnName(ReadOnlySpan<byte> name)
    {
        if (Depth == 1)
        {
            BeginRootMember(name);
            return;
        }

        if (!_isActive)
        {
            return;
        }

        var isBinaryName = name.SequenceEqual("b64"u8);
        if (_binary != Binary.None)
        {
            if (_binary == Binary.Opened && isBinaryName)
            {
                _binary = Binary.Named;
            }
            else
            {
                FailValue();
            }

            return;
        }

        if (_candidate == Binary.Opened && isBinaryName)
        {
            _candidate = Binary.Named;
            return;
        }

        if (_candidate != Binary.None)
        {
            var hadValue = _candidate == Binary.HasValue;
            BecomeNamed();
            if (hadValue)
            {
                BeginMember("b64"u8);
                if (_isActive)
                {
                    EndElement(_current!.AddString(isBinary: false)); // BeginMember set it
                }
            }
        }

        if (_isActive)
        {
            BeginMember(name);
        }
    }

    private void BeginRootMember(ReadOnlySpan<byte> name)
    {
        _isActive = false;
        var isRows = name.SequenceEqual("instances"u8);
        if (!isRows && !name.SequenceEqual("inputs"u8))
        {
            return;
        }

        // The first member of a name counts, as for RapidJSON's lookup; both keys together are a fault of their own.
        _isActive = !_sawRows && !_sawColumns;
        _sawRows |= isRows;
        _sawColumns |= !isRows;
        if (_isActive)
        {
            (_section, _form) = (isRows ? Section.Rows : Section.Columns, Form.Undetermined);
        }
    }

    private void BeginMember(ReadOnlySpan<byte> name)
    {
        _members++;
        var index = _inputs.Find(name);
        _current = index < 0 ? _inputs.BeginUnknown(name) : _inputs.TryBeginValue(index, _instance);
        RunTarget = null;
        if (_current is null)
        {
            FailValue();
        }
    }

    // The object that might have been {"b64": "…"} holds named inputs.
    private void BecomeNamed()
    {
        _candidate = Binary.None;
        _form = Form.Named;
        if (_section == Section.Rows)
        {
            _instance++;
        }
    }

    // A value other than a string under "b64" makes the object one of named inputs.
    private void ResolveCandidate()
    {
        if (_candidate == Binary.Named)
        {
            BecomeNamed();
            BeginMember("b64"u8);
        }
    }

    private void EndBinary()
    {
        var isComplete = _binary == Binary.HasValue && _base64.IsValid;
        _binary = Binary.None;
        EndElement(isComplete && _current!.AddString(isBinary: true)); // a binary value begins inside a tensor only
        RunTarget = _isActive ? _current : null;
    }

    private void EndCandidate()
    {
        var (state, isValid) = (_candidate, _base64.IsValid);
        _candidate = Binary.None;
        if (state == Binary.Opened)
        {
            Fail(_section == Section.Rows ? ServingStatus.RestCouldNotParseInstance : ServingStatus.RestNoInputsFound);
            return;
        }

        if (_section == Section.Rows)
        {
            BeginUnnamed();
        }
        else
        {
            BeginUnnamedScalar();
        }

        if (_isActive)
        {
            EndElement(isValid && _current!.AddString(isBinary: true)); // just begun
        }
    }
}
