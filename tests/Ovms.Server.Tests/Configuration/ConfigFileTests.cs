using Ovms.Server.Configuration;
using Ovms.Server.Tests.Logging;

namespace Ovms.Server.Tests.Configuration;

public sealed class ConfigFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovms-config-").FullName;
    private readonly LogCapture _log = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _log.Dispose();
    }

    [Fact]
    public void Read_AFullEntry_BindsIt()
    {
        var model = Assert.Single(Read(
            """
            {"name": "m", "base_path": "models/m", "nireq": 3, "batch_size": "2", "layout": {"b": "NC"}, "model_version_policy": {"latest": {"num_versions": 1}},
             "target_device": "CPU", "plugin_config": {}, "stateful": false, "allow_cache": false}
            """)!.Models);

        Assert.Equal(("m", Path.Combine(_folder, "models/m"), 3u, "2"), (model.Name, model.BasePath, model.RequestCount, model.BatchSize.ToString()));
        Assert.Equal("NC", model.Layouts["b"].Text);
    }

    [Theory]
    [InlineData("\"(1,-1)\"", "(1,-1)", null)]
    [InlineData("{\"b\": \"(1,3)\"}", null, "(1,3)")]
    [InlineData("{\"b\": [1,3]}", null, "(1,3)")]
    public void Read_AShape_TakesItsForms(string shape, string? anonymous, string? named)
    {
        var model = Assert.Single(Read($$"""{"name": "m", "base_path": "/m", "shape": {{shape}} }""")!.Models);

        Assert.Equal(anonymous, model.AnonymousShape?.ToString());
        Assert.Equal(named, model.Shapes.GetValueOrDefault("b")?.ToString());
        Assert.Equal("/m", model.BasePath);
    }

    [Theory]
    [InlineData("\"shape\": \"(1,\"", "There was an error parsing shape (1,")]
    [InlineData("\"batch_size\": \"many\"", "Wrong batch size parameter provided. Model batch size will be set to default.")]
    [InlineData("\"batch_size\": 2, \"shape\": \"(1,2)\"", "Both shape and batch size have been defined. Batch size parameter will be ignored.")]
    public void Read_WhatIsIgnored_Warns(string member, string warning)
    {
        var model = Assert.Single(Read($$"""{"name": "m", "base_path": "/m", {{member}} }""")!.Models);

        Assert.Null(model.BatchSize);
        Assert.Contains("[warning]", _log.Text, StringComparison.Ordinal);
        Assert.Contains(warning, _log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"layout\": \"NCHWN\"", "The provided layout is in wrong format")]
    [InlineData("\"shape\": \"auto\"", "shape auto is not supported by this version of the server; use -1 or ranges for dynamic dimensions")]
    [InlineData("\"batch_size\": \"auto\"", "batch_size auto is not supported by this version of the server; use -1 or a range for a dynamic batch size")]
    [InlineData("\"stateful\": true", "stateful true is not supported by this version of the server")]
    [InlineData("\"max_sequence_number\": 5", "Stateful model config parameter used for non stateful model")]
    [InlineData("\"model_version_policy\": {\"all\": {}}", "model_version_policy {\"all\": {}} is not supported by this version of the server")]
    [InlineData("\"plugin_config\": {\"A\": 1}", "plugin_config {\"A\": 1} is not supported by this version of the server")]
    [InlineData("\"target_device\": \"GPU\"", "target_device \"GPU\" is not supported by this version of the server")]
    [InlineData("\"nireq\": 100001", "Nireq parameter too high - Exceeded allowed nireq value")]
    public void Read_AnEntryThatCannotBeServed_IsRefusedAlone(string member, string error)
    {
        var file = ReadText($$"""
            {"model_config_list": [
              {"config": {"name": "bad", "base_path": "/m", {{member}} } },
              {"config": {"name": "good", "base_path": "/m"} }
            ]}
            """);

        Assert.Equal("good", Assert.Single(file!.Models).Name);
        Assert.Contains($"Parsing model: bad config failed due to error: {error}\n", _log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "#", "type")]
    [InlineData("{}", "#", "required")]
    [InlineData("{\"model_config_list\": {}}", "#/model_config_list", "type")]
    [InlineData("{\"model_config_list\": [], \"other\": 1}", "#/other", "additionalProperties")]
    [InlineData("{\"model_config_list\": [1]}", "#/model_config_list/0", "type")]
    [InlineData("{\"model_config_list\": [{}]}", "#/model_config_list/0", "required")]
    [InlineData("{\"model_config_list\": [{\"config\": {\"name\": \"m\"}, \"plugin_config\": {}}]}", "#/model_config_list/0/plugin_config", "additionalProperties")]
    [InlineData("{\"model_config_list\": [{\"config\": {\"base_path\": \"m\"}}]}", "#/model_config_list/0/config", "required")]
    [InlineData("{\"model_config_list\": [{\"config\": {\"name\": 1}}]}", "#/model_config_list/0/config/name", "type")]
    [InlineData("{\"model_config_list\": [{\"config\": {\"name\": \"m\", \"nireq\": -1}}]}", "#/model_config_list/0/config/nireq", "type")]
    [InlineData("{\"model_config_list\": [{\"config\": {\"name\": \"m\", \"version\": 1}}]}", "#/model_config_list/0/config/version", "additionalProperties")]
    [InlineData("{\"model_config_list\": [], \"custom_loader_config_list\": [{}]}", "#/custom_loader_config_list", "unsupported")]
    [InlineData("{\"model_config_list\": [], \"monitoring\": {\"metrics\": {\"enable\": true}}}", "#/monitoring", "unsupported")]
    public void Read_AFileOfAnotherForm_IsRefusedWithThePlace(string json, string pointer, string keyword)
    {
        Assert.Null(ReadText(json));
        Assert.Matches($"JSON schema parse error:.*Keyword:{keyword} Key: {pointer}\n", _log.Text);
        Assert.Contains("Configuration file is not in valid configuration format", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EmptyListsOfWhatIsNotServed_AskForNothing()
    {
        Assert.NotNull(ReadText(
            "\uFEFF{\"model_config_list\": [], \"pipeline_config_list\": [], \"monitoring\": {\"metrics\": {\"enable\": false}}}"));
    }

    [Fact]
    public void Read_NoJson_SaysWhere()
    {
        Assert.Null(ReadText("{\"model_config_list\": [}"));
        Assert.Contains("Configuration file is not a valid JSON file. Error: ", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AFolder_TakesItsConfigJson()
    {
        ReadText("{\"model_config_list\": []}");

        Assert.NotNull(ConfigFile.Read(_folder, _log.Logger));
        Assert.Null(ConfigFile.Read(Path.Combine(_folder, "none.json"), _log.Logger));
        Assert.Contains("Configuration file is invalid " + Path.Combine(_folder, "none.json"), _log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x", true)]
    [InlineData("a/../b", true)]
    [InlineData("a/..", true)]
    [InlineData("..", true)]
    [InlineData("a\\..\\b", true)]
    [InlineData("/x/..data/file", false)]
    [InlineData("a..b/c", false)]
    public void Escapes_OfAPath_LooksAtWholeSegments(string path, bool escapes) => Assert.Equal(escapes, ConfigPaths.Escapes(path));

    private ConfigFile? Read(string config) => ReadText($$"""{"model_config_list": [{"config": {{config}} }]}""");

    private ConfigFile? ReadText(string text)
    {
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, text);
        return ConfigFile.Read(path, _log.Logger);
    }
}
